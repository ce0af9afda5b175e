// Ping-pong, as in ping-pong.ts: two players and a ball that each of them hits back.
package main

func ping(there chan<- int, back <-chan int, rounds int, result chan<- int) {
	hits := 0
	for round := 0; round < rounds; round++ {
		there <- hits + 1
		hits = <-back
	}
	close(there)
	result <- hits
}

func pong(there <-chan int, back chan<- int) {
	for hits := range there {
		back <- hits + 1
	}
}

func main() {
	measure("ping-pong", func(rounds int) int {
		there, back, result := make(chan int), make(chan int), make(chan int)
		go ping(there, back, rounds, result)
		go pong(there, back)
		return <-result
	})
}
