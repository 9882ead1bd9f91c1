// Stands in for the Go implementation in the pods of chart 0.2.0: serves what is on its volume and holds the Lease of its
// leader, as COMPATIBILITY.md describes. It reconciles nothing.
//
//	/manager [flags]                              the controller
//	/manager store NAMESPACE NAME PATH < DOCUMENT packs and stores a document, and tells of the file as JSON
//	/app/externalsource-hook-executor [flags]     the sidecar; runs nothing
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"
)

const shutdownTime = 10 * time.Second

func main() {
	var err error
	switch {
	case filepath.Base(os.Args[0]) == "externalsource-hook-executor":
		err = runExecutor(os.Args[1:])
	case len(os.Args) == 5 && os.Args[1] == "store":
		err = store(os.Args[2], os.Args[3], os.Args[4])
	default:
		err = runManager(os.Args[1:])
	}
	if err != nil {
		log.Fatal(err)
	}
}

func runManager(args []string) error {
	flags := flag.NewFlagSet("manager", flag.ExitOnError)
	probes := flags.String("health-probe-bind-address", ":8081", "")
	port := flags.Int("artifact-server-port", 8080, "")
	leads := flags.Bool("leader-elect", false, "")
	flags.String("zap-log-level", "info", "")
	flags.Parse(args)

	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	if *leads {
		lease, err := newLease()
		if err != nil {
			return err
		}
		go lease.hold(ctx)
	}
	go serve(ctx, *probes, http.HandlerFunc(answerProbe))
	return serve(ctx, fmt.Sprintf(":%d", *port), http.HandlerFunc(answerArtifact))
}

func runExecutor(args []string) error {
	flags := flag.NewFlagSet("externalsource-hook-executor", flag.ExitOnError)
	port := flags.Int("port", 8081, "")
	flags.String("whitelist", "/etc/hooks/whitelist.yaml", "")
	flags.Parse(args)
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	return serve(ctx, fmt.Sprintf(":%d", *port), http.HandlerFunc(answerProbe))
}

// serve ends when ctx does and what was begun is answered.
func serve(ctx context.Context, address string, handler http.Handler) error {
	server := &http.Server{Addr: address, Handler: handler}
	ended := make(chan error, 1)
	go func() {
		<-ctx.Done()
		limited, cancel := context.WithTimeout(context.Background(), shutdownTime)
		defer cancel()
		ended <- server.Shutdown(limited)
	}()
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return <-ended
}

func answerProbe(answer http.ResponseWriter, _ *http.Request) {
	answer.Header().Set("Content-Type", "application/json")
	fmt.Fprint(answer, `{"status":"healthy"}`)
}
