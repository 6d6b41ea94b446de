package gate

import "fmt"

// wrong is an error of a setting that only AWS or GitHub could find: its key, its
// value, what is wrong with it and, after a semicolon, the remedy.
func wrong(key string, value any, format string, args ...any) error {
	return fmt.Errorf("prodgate:%s: %q: %w", key, value, fmt.Errorf(format, args...))
}
