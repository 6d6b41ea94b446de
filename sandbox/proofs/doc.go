// Package proofs holds the end-to-end tests: the program as it stands, through
// the real engine and the real provider code, against the emulators, asserted on
// what the emulators answer.
package proofs
