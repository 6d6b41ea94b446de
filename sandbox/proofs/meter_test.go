package proofs

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// meter samples the processes of the proofs in /proc, for the report on the time of a run.
type meter struct {
	mu      sync.Mutex
	started time.Time
	marks   map[string]string             // proofs, by what their processes have in their environment or arguments
	known   map[string]*process           // by process id and start
	seconds map[string]map[string]float64 // by proof and kind of program
	done    chan struct{}
}

// process is a sampled process.
type process struct {
	proof, program string
	shared         string // the address of the proxy, of a provider that proofs share
	seconds        float64
	samples        int
}

// startMeter samples twice a second until the report.
func startMeter() *meter {
	m := &meter{started: time.Now(), marks: map[string]string{}, known: map[string]*process{}, seconds: map[string]map[string]float64{}, done: make(chan struct{})}
	go func() {
		tick := time.NewTicker(500 * time.Millisecond)
		defer tick.Stop()
		said := time.Now()
		for {
			select {
			case <-m.done:
				return
			case <-tick.C:
				busy := m.sample()
				if time.Since(said) > time.Minute {
					said = time.Now()
					fmt.Printf("proof: %s: busy with %s\n", time.Since(m.started).Round(time.Second), strings.Join(busy, ", "))
				}
			}
		}
	}()
	return m
}

// follow counts the processes with a mark as those of a proof.
func (m *meter) follow(mark, proof string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.marks[mark] = proof
}

// sample reads the processor time of every process of a proof, and returns the proofs.
func (m *meter) sample() (busy []string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, file := range stats {
		text, err := os.ReadFile(file)
		if err != nil {
			continue // it has ended
		}
		fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
		if len(fields) < 20 {
			continue
		}
		dir := filepath.Dir(file)
		key := dir + " " + fields[19] // when it started
		p := m.known[key]
		if p == nil {
			p = &process{}
			m.known[key] = p
		}
		// A process that was just forked still looks like its parent.
		if p.samples++; p.samples <= 3 {
			m.look(p, dir)
		}
		proof := p.proof
		if p.shared != "" {
			proof = m.marks[endpoint+bridges.Emulator(p.shared)]
		}
		user, _ := strconv.ParseFloat(fields[11], 64)
		system, _ := strconv.ParseFloat(fields[12], 64)
		more := (user+system)/100 - p.seconds
		p.seconds += more
		if proof == "" {
			continue
		}
		if m.seconds[proof] == nil {
			m.seconds[proof] = map[string]float64{}
		}
		m.seconds[proof][cmp.Or(p.program, "builds")] += more
		m.seconds[proof]["all"] += more
		if !slices.Contains(busy, proof) {
			busy = append(busy, proof)
		}
	}
	slices.Sort(busy)
	return busy
}

// endpoint begins the variable that all have in their environment that call an emulator.
const endpoint = "AWS_ENDPOINT_URL="

// look finds the program and the proof of a process. Other processes of the machine have no
// proof.
func (m *meter) look(p *process, dir string) {
	p.program = cmp.Or(programOf(dir), p.program)
	environment, _ := os.ReadFile(filepath.Join(dir, "environ"))
	arguments, _ := os.ReadFile(filepath.Join(dir, "cmdline"))
	words := strings.Split(string(append(environment, arguments...)), "\x00")
	// A process forked from the warmed emulator keeps the server's command line and environment, and
	// writes its log beside the state.
	if log, err := os.Readlink(filepath.Join(dir, "fd", "2")); err == nil {
		words = append(words, filepath.Join(filepath.Dir(log), "aws.state"))
	}
	for _, word := range words {
		if proof, is := m.marks[word]; is {
			p.proof = proof
		} else if address, is := strings.CutPrefix(word, endpoint); is && bridges.Emulator(address) != "" {
			p.shared = address
		}
	}
}

// programOf returns the program of a process, from its command line.
func programOf(dir string) string {
	text, _ := os.ReadFile(filepath.Join(dir, "cmdline"))
	words := strings.Split(string(text), "\x00")
	name := filepath.Base(words[0])
	switch {
	case words[0] == "":
		return ""
	case strings.Contains(string(text), "emulators/aws"):
		return "emulator"
	case strings.HasPrefix(name, "terraform-provider-"), strings.HasPrefix(name, "pulumi-resource-"):
		return "providers"
	case strings.HasPrefix(name, "pulumi"), name == "policy", strings.Contains(words[0], "/programs/"):
		return "engine"
	}
	return "builds"
}

// report prints the processor time of each proof, longest first.
func (m *meter) report(out io.Writer) {
	close(m.done)
	m.sample()
	kinds := []string{"engine", "providers", "emulator", "builds"}
	byProof, total := m.seconds, map[string]float64{}
	for _, seconds := range byProof {
		for kind, n := range seconds {
			total[kind] += n
		}
	}
	line := func(name string, seconds map[string]float64) {
		fmt.Fprintf(out, "proof: %7.0f", seconds["all"])
		for _, kind := range kinds {
			fmt.Fprintf(out, " %9.0f", seconds[kind])
		}
		fmt.Fprintf(out, "  %s\n", name)
	}
	fmt.Fprintf(out, "proof: processor time in seconds, sampled, of %s\nproof: %7s", time.Since(m.started).Round(time.Second), "all")
	for _, kind := range kinds {
		fmt.Fprintf(out, " %9s", kind)
	}
	fmt.Fprintln(out)
	names := keys(byProof)
	slices.SortFunc(names, func(a, b string) int { return cmp.Compare(byProof[b]["all"], byProof[a]["all"]) })
	for _, name := range names {
		line(name, byProof[name])
	}
	line("all proofs", total)
	lent, started := bridges.Count()
	fmt.Fprintf(out, "proof: AWS providers were lent %d times and started %d times\n", lent, started)
}
