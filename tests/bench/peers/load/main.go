// load get PORT PATH CLIENTS SECONDS ONCE downloads over and over (or once a client, if ONCE is true) and prints
// requests, bytes and seconds.
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
	"sync"
	"sync/atomic"
	"time"
)

var requests, received atomic.Int64

func main() {
	address := "127.0.0.1:" + os.Args[2]
	request := []byte("GET " + os.Args[3] + " HTTP/1.1\r\nHost: bench\r\n\r\n")
	if os.Args[1] == "attack" {
		attack(address, request, number(4), number(5))
		return
	}
	get(address, request, number(4), time.Duration(number(5))*time.Second, os.Args[6] == "true")
}

func get(address string, request []byte, clients int, span time.Duration, once bool) {
	var all sync.WaitGroup
	start := time.Now()
	for range clients {
		all.Go(func() {
			connection := dial(address, nil)
			reader := bufio.NewReaderSize(connection, 256<<10)
			for done := false; !done; done = once || time.Since(start) > span {
				download(connection, reader, request)
			}
		})
	}
	all.Wait()
	fmt.Println(requests.Load(), received.Load(), time.Since(start).Seconds())
}

func download(connection net.Conn, reader *bufio.Reader, request []byte) {
	must(connection.Write(request))
	answer := must(http.ReadResponse(reader, nil))
	if answer.StatusCode != http.StatusOK {
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
