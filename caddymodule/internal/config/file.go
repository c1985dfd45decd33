package config

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// ReadFile reads a file of at most most bytes that a configuration names. Its errors
// say what to do; smaller says it of a file that is larger.
func ReadFile(name string, most int64, smaller string) ([]byte, error) {
	info, err := os.Stat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("%s does not exist; a relative path begins at the server's working directory", name)
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		// To read a pipe would wait for a writer, and so would the server's start.
		return nil, fmt.Errorf("%s is no file", name)
	}
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	content, err := io.ReadAll(io.LimitReader(file, most+1))
	if err != nil {
		return nil, err
	}
	if int64(len(content)) > most {
		return nil, fmt.Errorf("%s is larger than %d KB; %s", name, most>>10, smaller)
	}
	return content, nil
}
