// Fetches artifacts as a stock kustomize-controller does: Flux's ArchiveFetcher downloads, verifies and extracts. One
// JSON object a line on standard input says what to fetch and what must come out; one line of JSON each says whether it did.
package main

import (
	"bufio"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/fluxcd/pkg/http/fetch"
	"github.com/fluxcd/pkg/tar"
)

type expected struct {
	URL    string      `json:"url"`
	Digest string      `json:"digest"`
	Path   string      `json:"path"`
	Mode   fs.FileMode `json:"mode"`
	SHA256 string      `json:"sha256"`
	Size   int64       `json:"size"`
}

type result struct {
	Error string `json:"error,omitempty"`
}

func regularFiles(dir string) (paths []string, err error) {
	err = filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			relative, _ := filepath.Rel(dir, path)
			paths = append(paths, relative)
		}
		return err
	})
	return paths, err
}

func hashOf(path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	hash := sha256.New()
	if _, err := io.Copy(hash, file); err != nil {
		return "", err
	}
	return fmt.Sprintf("%x", hash.Sum(nil)), nil
}

func compare(dir string, want expected) error {
	paths, err := regularFiles(dir)
	if err != nil {
		return err
	}
	if len(paths) != 1 || paths[0] != want.Path {
		return fmt.Errorf("extracted %q, expected %q", paths, want.Path)
	}
	file := filepath.Join(dir, want.Path)
	info, err := os.Lstat(file)
	if err != nil {
		return err
	}
	if info.Mode() != want.Mode {
		return fmt.Errorf("mode %v, expected %v", info.Mode(), want.Mode)
	}
	if info.Size() != want.Size {
		return fmt.Errorf("%d bytes, expected %d", info.Size(), want.Size)
	}
	hash, err := hashOf(file)
	if err == nil && hash != want.SHA256 {
		err = fmt.Errorf("sha256 %s, expected %s", hash, want.SHA256)
	}
	return err
}

func check(fetcher *fetch.ArchiveFetcher, line []byte) error {
	var want expected
	if err := json.Unmarshal(line, &want); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "flux-fetch-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := fetcher.Fetch(want.URL, want.Digest, dir); err != nil {
		return err
	}
	return compare(dir, want)
}

func main() {
	// The modes that are compared must not depend on whose shell runs this.
	syscall.Umask(0o022)
	// As kustomize-controller makes it, without its retries.
	fetcher := fetch.New(fetch.WithUntar(tar.WithMaxUntarSize(tar.UnlimitedUntarSize)))
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<20)
	answer := json.NewEncoder(os.Stdout)
	for lines.Scan() {
		var got result
		if err := check(fetcher, lines.Bytes()); err != nil {
			got.Error = err.Error()
		}
		answer.Encode(got)
	}
	if err := lines.Err(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
