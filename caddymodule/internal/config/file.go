package config

import (
	"fmt"
	"os"
)

// CheckFile finds what is there under a file's name and is none: to read a pipe would
// wait for a writer, and so would the server's start. What is not there is for who
// opens it to tell.
func CheckFile(name string) error {
	info, err := os.Stat(name)
	if err == nil && !info.Mode().IsRegular() {
		return fmt.Errorf("%s is no file", name)
	}
	return nil
}
