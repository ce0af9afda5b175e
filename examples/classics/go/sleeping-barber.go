// The sleeping barber, as in sleeping-barber.ts: customers who find no chair walk round the block.
package main

import (
	"runtime"
	"sync"
)

const (
	customers = 6
	chairs    = 3
)

func barber(room <-chan int, done []chan int, result chan<- int) {
	haircuts := 0
	for customer := range room {
		haircuts++
		done[customer] <- haircuts
	}
	result <- haircuts
}

func customer(number int, room chan<- int, done <-chan int, haircuts int, shop *sync.WaitGroup) {
	defer shop.Done()
	for visit := 0; visit < haircuts; visit++ {
		for seated := false; !seated; {
			select {
			case room <- number:
				seated = true
			default:
				runtime.Gosched()
			}
		}
		<-done
	}
}

func main() {
	measure("sleeping-barber", func(haircutsEach int) int {
		room, result := make(chan int, chairs), make(chan int)
		done := make([]chan int, customers)
		var shop sync.WaitGroup
		shop.Add(customers)
		for number := range done {
			done[number] = make(chan int, 1)
		}
		go barber(room, done, result)
		for number := range done {
			go customer(number, room, done[number], haircutsEach, &shop)
		}
		shop.Wait()
		close(room)
		return <-result
	})
}
