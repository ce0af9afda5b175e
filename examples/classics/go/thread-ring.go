// The thread ring, as in thread-ring.ts: many goroutines in a ring hand on a token that counts down.
package main

import "sync"

const nodes = 503

func node(number int, own <-chan int, next chan<- int, last chan<- int, ring *sync.WaitGroup) {
	defer ring.Done()
	for hops := range own {
		if hops == 0 {
			last <- number
		} else {
			next <- hops - 1
		}
	}
}

func main() {
	measure("thread-ring", func(hops int) int {
		channels := make([]chan int, nodes)
		for index := range channels {
			channels[index] = make(chan int)
		}
		last := make(chan int)
		var ring sync.WaitGroup
		ring.Add(nodes)
		for index := range channels {
			go node(index+1, channels[index], channels[(index+1)%nodes], last, &ring)
		}
		channels[0] <- hops
		number := <-last
		for _, channel := range channels {
			close(channel)
		}
		ring.Wait()
		return number
	})
}
