// What the programs beside this file share: their size, and how they say what they measured.
//
// Each is run with this file: go run ping-pong.go report.go size=100000
package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// load gives a number of the command line, "name=number", or a default.
func load(name string, otherwise int) int {
	for _, argument := range os.Args[1:] {
		if !strings.HasPrefix(argument, name+"=") {
			continue
		}
		if number, err := strconv.Atoi(strings.TrimPrefix(argument, name+"=")); err == nil {
			return number
		}
	}
	return otherwise
}

// measure runs a program once at a tenth of its size, then at its size, and prints a line of JSON: how long a step took,
// and what came out.
func measure(name string, program func(size int) int) {
	size := load("size", 10000)
	program(max(size/10, 1))
	start := time.Now()
	result := program(size)
	elapsed := time.Since(start)
	fmt.Printf("{\"metrics\":{\"ns\":%g},\"checks\":{\"%s of %d\":%d}}\n",
		float64(elapsed.Nanoseconds())/float64(size), name, size, result)
}

func max(a, b int) int {
	if a > b {
		return a
	}
	return b
}
