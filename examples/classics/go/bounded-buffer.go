// The bounded buffer, as in bounded-buffer.ts: a monitor of one lock and two conditions over a ring of a few places.
package main

import "sync"

const (
	producers = 2
	consumers = 2
	places    = 8
)

type buffer struct {
	places  [places]int
	first   int
	count   int
	lock    sync.Mutex
	hasRoom *sync.Cond
	hasItem *sync.Cond
}

func newBuffer() *buffer {
	b := &buffer{}
	b.hasRoom = sync.NewCond(&b.lock)
	b.hasItem = sync.NewCond(&b.lock)
	return b
}

func (b *buffer) put(item int) {
	b.lock.Lock()
	defer b.lock.Unlock()
	for b.count == places {
		b.hasRoom.Wait()
	}
	b.places[(b.first+b.count)%places] = item
	b.count++
	b.hasItem.Signal()
}

func (b *buffer) take() int {
	b.lock.Lock()
	defer b.lock.Unlock()
	for b.count == 0 {
		b.hasItem.Wait()
	}
	item := b.places[b.first]
	b.first = (b.first + 1) % places
	b.count--
	b.hasRoom.Signal()
	return item
}

func main() {
	measure("bounded-buffer", func(items int) int {
		b := newBuffer()
		sums := make(chan int)
		for consumer := 0; consumer < consumers; consumer++ {
			go func() {
				sum := 0
				for taken := 0; taken < items; taken++ {
					sum += b.take()
				}
				sums <- sum
			}()
		}
		for producer := 0; producer < producers; producer++ {
			go func() {
				for item := 1; item <= items; item++ {
					b.put(item)
				}
			}()
		}
		total := 0
		for consumer := 0; consumer < consumers; consumer++ {
			total += <-sums
		}
		return total
	})
}
