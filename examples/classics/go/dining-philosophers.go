// The dining philosophers, as in dining-philosophers.ts: everybody takes the fork with the lower number first.
package main

import "sync"

const philosophers = 5

type table struct {
	forks  [philosophers]sync.Mutex
	inHand [philosophers]bool
}

func (t *table) move(fork int, from, to bool) {
	if t.inHand[fork] != from {
		panic("Cannot eat: a fork is in two hands")
	}
	t.inHand[fork] = to
}

func (t *table) meal(lower, higher int) {
	t.forks[lower].Lock()
	defer t.forks[lower].Unlock()
	t.forks[higher].Lock()
	defer t.forks[higher].Unlock()
	t.move(lower, false, true)
	t.move(higher, false, true)
	t.move(lower, true, false)
	t.move(higher, true, false)
}

func main() {
	measure("dining-philosophers", func(meals int) int {
		t := &table{}
		eaten := make(chan int)
		for seat := 0; seat < philosophers; seat++ {
			go func(seat int) {
				lower, higher := seat, (seat+1)%philosophers
				if lower > higher {
					lower, higher = higher, lower
				}
				for meal := 0; meal < meals; meal++ {
					t.meal(lower, higher)
				}
				eaten <- meals
			}(seat)
		}
		total := 0
		for seat := 0; seat < philosophers; seat++ {
			total += <-eaten
		}
		return total
	})
}
