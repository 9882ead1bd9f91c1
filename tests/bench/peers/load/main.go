// load get PORT CLIENTS SECONDS STATUS downloads the paths that are the lines of its standard input in turn, over and
// over, or each once if SECONDS is 0; every answer must have that status. Prints requests, bytes and seconds.
// load attack PORT PATH SILENT MUTE opens clients that never finish a request and clients that never read an answer,
// prints a line, and holds them until its standard input ends.
package main

import (
	"bufio"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

var requests, received atomic.Int64

func main() {
	address := "127.0.0.1:" + os.Args[2]
	if os.Args[1] == "attack" {
		attack(address, requestOf(os.Args[3], address), number(4), number(5))
		return
	}
	paths := strings.Fields(string(must(io.ReadAll(os.Stdin))))
	var asked atomic.Int64
	next := func() []byte {
		turn := int(asked.Add(1)) - 1
		if number(4) == 0 && turn >= len(paths) {
			return nil
		}
		return requestOf(paths[turn%len(paths)], address)
	}
	get(address, next, number(3), time.Duration(number(4))*time.Second)
}

func requestOf(path, address string) []byte {
	return []byte("GET " + path + " HTTP/1.1\r\nHost: " + address + "\r\n\r\n")
}

// get downloads until there is no next request, or for a span, if that is not 0.
func get(address string, next func() []byte, clients int, span time.Duration) {
	var all sync.WaitGroup
	start := time.Now()
	for range clients {
		all.Go(func() {
			connection := dial(address, nil)
			reader := bufio.NewReaderSize(connection, 256<<10)
			for request := next(); request != nil; request = next() {
				download(connection, reader, request)
				if span > 0 && time.Since(start) > span {
					return
				}
			}
		})
	}
	all.Wait()
	fmt.Println(requests.Load(), received.Load(), time.Since(start).Seconds())
}

func download(connection net.Conn, reader *bufio.Reader, request []byte) {
	must(connection.Write(request))
	answer := must(http.ReadResponse(reader, nil))
	if answer.StatusCode != number(5) {
		log.Fatal(answer.Status)
	}
	size := must(io.Copy(io.Discard, answer.Body))
	if size != answer.ContentLength {
		log.Fatalf("%d bytes of %d", size, answer.ContentLength)
	}
	requests.Add(1)
	received.Add(size)
}

func attack(address string, request []byte, silent, mute int) {
	for range silent {
		dial(address, []byte("GET / HT"))
	}
	for range mute {
		dial(address, request)
	}
	fmt.Println("holding")
	io.Copy(io.Discard, os.Stdin)
}

var connections []net.Conn // held, or the garbage collector would close them

func dial(address string, text []byte) net.Conn {
	connection := must(net.Dial("tcp", address))
	mutex.Lock()
	connections = append(connections, connection)
	mutex.Unlock()
	connection.Write(text) // the server may have closed it already
	return connection
}

var mutex sync.Mutex

func number(index int) int {
	return must(strconv.Atoi(os.Args[index]))
}

func must[T any](value T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return value
}
