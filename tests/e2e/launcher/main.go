// Stands in an image for the binary where that cannot be made: becomes `deno run` with the flags that would be baked in.
package main

import (
	"fmt"
	"os"
	"strings"
	"syscall"
)

// Set by the linker: words separated by spaces.
var command string

func main() {
	words := strings.Fields(command)
	// The first word stays what it was called as, which chooses the command.
	args := append(append([]string{os.Args[0]}, words[1:]...), os.Args[1:]...)
	err := syscall.Exec(words[0], args, os.Environ())
	fmt.Fprintln(os.Stderr, "Cannot start", words[0]+":", err)
	os.Exit(127)
}
