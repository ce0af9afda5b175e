// The prime sieve, as in prime-sieve.ts: a chain of goroutines, each of which lets pass what one prime does not divide.
package main

func generate(numbers chan<- int, below int) {
	for number := 2; number < below; number++ {
		numbers <- number
	}
	close(numbers)
}

func filter(numbers <-chan int, passed chan<- int, prime int) {
	for number := range numbers {
		if number%prime != 0 {
			passed <- number
		}
	}
	close(passed)
}

func main() {
	measure("prime-sieve", func(below int) int {
		count := 0
		numbers := make(chan int)
		go generate(numbers, below)
		for {
			prime, open := <-numbers
			if !open {
				return count
			}
			count++
			passed := make(chan int)
			go filter(numbers, passed, prime)
			numbers = passed
		}
	})
}
