package main

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"prodgate/pkg/gate/gatetest"
)

// BenchmarkProgram is what the program costs for a resource, and how many times
// that of the floor: as many resources that have no inputs, no parent and no
// provider. What is more than the floor is ours and the providers' SDKs'.
func BenchmarkProgram(b *testing.B) {
	for _, apps := range []int{1, 10, 100, 1000} {
		b.Run(fmt.Sprintf("apps=%d", apps), func(b *testing.B) {
			w := withApps(b, apps)
			resources := len(w.MustRun(b, program).All())
			floor := func(ctx *pulumi.Context) error {
				for i := range resources {
					var made pulumi.CustomResourceState
					if err := ctx.RegisterResource("test:index:Bare", fmt.Sprint(i), nil, &made); err != nil {
						return err
					}
				}
				return nil
			}
			var ours, bare cost
			for b.Loop() {
				bare.add(b, w, floor)
				ours.add(b, w, program)
			}
			n := float64(resources * b.N)
			b.ReportMetric(0, "ns/op") // would be both together
			b.ReportMetric(float64(resources), "resources")
			b.ReportMetric(float64(ours.time.Microseconds())/n, "µs/resource")
			b.ReportMetric(float64(ours.bytes)/n, "B/resource")
			b.ReportMetric(float64(ours.time)/float64(bare.time), "×floor-time")
			b.ReportMetric(float64(ours.bytes)/float64(bare.bytes), "×floor-bytes")
		})
	}
}

// cost is what runs of a program took.
type cost struct {
	time  time.Duration
	bytes uint64
}

func (c *cost) add(b *testing.B, w gatetest.World, program pulumi.RunFunc) {
	var before, after runtime.MemStats
	runtime.GC() // each begins with as little
	runtime.ReadMemStats(&before)
	start := time.Now()
	w.MustRun(b, program)
	c.time += time.Since(start)
	runtime.ReadMemStats(&after)
	c.bytes += after.TotalAlloc - before.TotalAlloc
}
