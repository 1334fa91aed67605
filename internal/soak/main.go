// Command soak drives the built wiro-mcp with random calls for a while, and proves that it kept
// its promises about money: no run was paid for twice, no result was lost or reached another
// caller, no cost was told that the record does not hold, and no process grew or died.
//
// Wiro is emulated in this process, which therefore knows the truth. It answers late, not at
// all, with 429 and 5xx, and cuts connections and sockets. Clients give up, close their
// connections and repeat themselves; two replicas over HTTP share one Redis, two servers over
// stdio one folder, and most of these processes are stopped or killed under load and started
// again. All traffic is on loopback. What is random depends on -seed, though not its timing.
//
// It exits with 1 if a promise was broken.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/signal"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

func main() {
	binary := flag.String("binary", "bin/wiro-mcp", "the binary to drive")
	length := flag.Duration("for", time.Minute, "how long in all, with the calls that are finished at the end")
	seed := flag.Uint64("seed", 0, "repeats the choices of a run; 0 picks a seed")
	verbose := flag.Bool("v", false, "print faults as they are found")
	flag.Parse()
	if *seed == 0 {
		*seed = rand.Uint64N(1_000_000) + 1 //nolint:gosec // it only has to differ
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *binary, *length, *seed, *verbose); err != nil {
		stop()
		fmt.Fprintln(os.Stderr, "soak:", err) //nolint:errcheck // there is nowhere else to say it
		os.Exit(1)
	}
}

const (
	reportInterval = 10 * time.Second
	shortest       = 20 * time.Second // of -for
	finishShare    = 6                // one part in so many of the time, at least 15 s, is for finishing
	drainLimit     = 25 * time.Second // a call that is not finished by then is lost
	settleLimit    = 10 * time.Second // for goroutines to end
)

// soak is what its parts share.
type soak struct {
	seed     uint64
	world    *world
	report   *report
	services *services
	files    string // address of files of any size, "/1024.txt"

	restarted chan struct{} // closed when no process is stopped any more
	draining  chan struct{} // closed when nothing new is begun and nothing misbehaves
}

func (s *soak) drains() bool {
	select {
	case <-s.draining:
		return true
	default:
		return false
	}
}

// source returns choices of their own for a part of the soak.
func (s *soak) source(part uint64) *rand.Rand {
	return rand.New(rand.NewPCG(s.seed, part)) //nolint:gosec // choices, repeatable
}

// serveFile answers with as many bytes of text as the name says.
func serveFile(w http.ResponseWriter, r *http.Request) {
	var size int
	_, _ = fmt.Sscanf(r.URL.Path, "/%d.txt", &size)
	w.Header().Set("Content-Type", "text/plain")
	_, _ = io.CopyN(w, endless{}, int64(size))
}

type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'a'
	}
	return len(p), nil
}

func run(ctx context.Context, binary string, length time.Duration, seed uint64, verbose bool) error {
	if length < shortest {
		return fmt.Errorf("-for must be at least %s", shortest)
	}
	binary, err := filepath.Abs(binary)
	if err != nil {
		return err
	}
	folder, err := os.MkdirTemp("", "soak") // short: it holds a socket
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder) //nolint:errcheck // a leftover in the temporary folder
	fmt.Printf("soak: %s, SEED=%d\n", length, seed)

	s := &soak{seed: seed, report: newReport(verbose), restarted: make(chan struct{}), draining: make(chan struct{})}
	files := httptest.NewServer(http.HandlerFunc(serveFile))
	defer files.Close()
	s.files = files.URL
	s.world = newWorld(seed, s.report)
	defer s.world.close()
	if s.services, err = s.start(ctx, binary, folder); err != nil {
		return err
	}
	defer s.services.stop()
	base, err := s.services.baseline(ctx)
	if err != nil {
		return fmt.Errorf("before the load: %w", err)
	}

	began := time.Now()
	load := length - max(15*time.Second, length/finishShare)
	loaded, cancel := context.WithTimeout(ctx, load)
	defer cancel()
	var parts, users sync.WaitGroup
	parts.Go(func() { s.misbehave(loaded) })
	parts.Go(func() { s.restart(loaded, load) })
	growth := growth{base: base}
	parts.Go(func() { growth.watch(loaded, s.services, s.restarted) })
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.users(ctx, &users)
		users.Wait()
	}()
	ticker := time.NewTicker(reportInterval)
	defer ticker.Stop()
	for loaded.Err() == nil {
		select {
		case <-loaded.Done():
		case <-ticker.C:
			fmt.Printf("%4.0fs  %s\n", time.Since(began).Seconds(), s.report.line(s.world))
		}
	}
	parts.Wait()
	s.world.behave() // well
	close(s.draining)
	finish, cancelFinish := context.WithTimeout(ctx, drainLimit)
	defer cancelFinish()
	s.world.releaseAll(finish, done)
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	select {
	case <-done:
	case <-finish.Done():
		s.report.fault("lost", "calls were not finished %s after the load", drainLimit)
	}
	finished := time.Since(began)
	growth.judge(ctx, s.services, s.report)
	s.services.stop()
	s.world.audit()
	fmt.Printf("%4.0fs  the last call was finished at %.0fs\n", time.Since(began).Seconds(), finished.Seconds())
	return s.report.print(s.world, &growth, time.Since(began))
}
