// Command policy is the policy pack of the gate: what no stack may do, whatever
// its program or its settings say. The engine shows it every resource before it
// is made, and all of them at the end:
//
//	pulumi up --policy-pack bin/policy
//
// Whoever runs the command can leave the pack out. It is a gate in CI, and a
// second opinion everywhere else; it is no control.
//
// A policy is a value in the table of pack.go and a file of its own. It reads
// resources through the helpers of value.go, which know that in a preview a
// value may not be known yet.
package main

import (
	"fmt"
	"os"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/policyx"
)

func main() {
	// To stdout goes the port, and nothing else: the engine reads it.
	if err := policyx.Main(pack); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
