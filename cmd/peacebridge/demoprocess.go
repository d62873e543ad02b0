package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"time"

	"peacebridge/gateway"
)

// process is one gateway, kept running: when it dies by any hand but ours it is
// started again, as an operator's service manager would.
type process struct {
	settings *gateway.Settings
	config   string

	mu      sync.Mutex
	cmd     *exec.Cmd
	ended   chan struct{} // closed when cmd has ended
	stopped bool
}

// startTimeout bounds how long a gateway may take to be ready, and a step of the
// day: more than either takes on a slow machine that has other work.
const startTimeout = 2 * time.Minute

// restartPause is waited before a gateway that died within a second of its
// start is started again.
const restartPause = 200 * time.Millisecond

func (d *demo) startAll(ctx context.Context) error {
	for _, s := range d.sides {
		config := filepath.Join(s.home, "config.yaml")
		settings, err := gateway.LoadSettings(config)
		if err != nil {
			return err
		}
		s.process = &process{settings: settings, config: config}
		if err := s.process.start(ctx); err != nil {
			return fmt.Errorf("%s: %w", s.agency, err)
		}
	}
	for _, s := range d.sides {
		if err := d.enrolAll(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

// start runs the gateway and returns when it is ready.
func (p *process) start(ctx context.Context) error {
	p.mu.Lock()
	p.stopped = false
	err := p.spawn()
	p.mu.Unlock()
	if err != nil {
		return err
	}
	return p.waitReady(ctx)
}

// spawn starts the process with its log in the home folder. The caller holds mu.
func (p *process) spawn() error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	home := filepath.Dir(p.config)
	log, err := os.OpenFile(filepath.Join(home, "serve.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close() // the child has its own
	cmd := exec.Command(self, "serve", "--config", p.config)
	cmd.Stdout, cmd.Stderr = log, log
	// The gateways end with the demo, however it ends.
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
	if err := cmd.Start(); err != nil {
		return err
	}
	ended := make(chan struct{})
	p.cmd, p.ended = cmd, ended
	started := time.Now()
	err = os.WriteFile(filepath.Join(home, "serve.pid"), []byte(strconv.Itoa(cmd.Process.Pid)), 0o644)
	go func() {
		_ = cmd.Wait() // however it ended, the next line decides what follows
		close(ended)
		if time.Since(started) < time.Second { // one that cannot start must not fill its log
			time.Sleep(restartPause)
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		if !p.stopped && p.cmd == cmd {
			_ = p.spawn() // if it cannot start, waiting for it fails
		}
	}()
	return err
}

func (p *process) waitReady(ctx context.Context) error {
	deadline := time.Now().Add(startTimeout)
	url := p.settings.Addresses().Ops + "/readyz"
	for time.Now().Before(deadline) {
		res, err := http.Get(url)
		if err == nil {
			_ = res.Body.Close()
			if res.StatusCode == http.StatusOK {
				return nil
			}
		}
		if err := sleep(ctx, 30*time.Millisecond); err != nil {
			return err
		}
	}
	return errors.New("the gateway is not ready; see serve.log in its home")
}

// stop ends the gateway cleanly.
func (p *process) stop() {
	p.mu.Lock()
	p.stopped = true
	cmd, ended := p.cmd, p.ended
	p.mu.Unlock()
	if cmd == nil {
		return
	}
	_ = cmd.Process.Signal(syscall.SIGTERM) // it may have ended already
	select {
	case <-ended:
	case <-time.After(startTimeout):
		_ = cmd.Process.Kill()
		<-ended
	}
}

func (d *demo) stop() {
	for _, s := range d.sides {
		if s.process != nil {
			s.process.stop()
		}
	}
}

// patiently repeats what fails, because a gateway may be starting again.
func patiently(ctx context.Context, try func() error) error {
	deadline := time.Now().Add(startTimeout)
	for {
		err := try()
		if err == nil || time.Now().After(deadline) {
			return err
		}
		if serr := sleep(ctx, 50*time.Millisecond); serr != nil {
			return serr
		}
	}
}

func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
