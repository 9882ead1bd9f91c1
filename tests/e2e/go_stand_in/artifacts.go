package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"
)

func volume() string {
	return os.Getenv("PVC_STORAGE_PATH")
}

func answerArtifact(answer http.ResponseWriter, request *http.Request) {
	key := strings.TrimPrefix(request.URL.Path, "/")
	if request.Method != http.MethodGet {
		http.Error(answer, "Method not allowed", http.StatusMethodNotAllowed)
		return
	}
	if key == "" {
		http.Error(answer, "Invalid artifact path", http.StatusBadRequest)
		return
	}
	// The path of a request that Go's server takes in may hold "..", which Clean keeps below the volume.
	content, err := os.ReadFile(filepath.Join(volume(), filepath.Clean("/"+key)))
	if err != nil {
		http.Error(answer, "Artifact not found", http.StatusNotFound)
		return
	}
	header := answer.Header()
	header.Set("Content-Type", "application/gzip")
	header.Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", key))
	header.Set("Cache-Control", "public, max-age=31536000, immutable")
	answer.Write(content)
}

// store writes a file as the Go implementation leaves it: named after the document that is packed in it.
func store(namespace, name, path string) error {
	document, err := io.ReadAll(os.Stdin)
	if err != nil {
		return err
	}
	archive, err := pack(path, document)
	if err != nil {
		return err
	}
	hex := fmt.Sprintf("%x", sha256.Sum256(document))
	key := fmt.Sprintf("artifacts/%s/%s/%s.tar.gz", namespace, name, hex)
	file := filepath.Join(volume(), key)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(file, archive, 0o644); err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(map[string]any{
		"key":    key,
		"hex":    hex,
		"size":   len(archive),
		"digest": fmt.Sprintf("sha256:%x", sha256.Sum256(archive)),
	})
}

func pack(path string, document []byte) ([]byte, error) {
	var archive bytes.Buffer
	zipped := gzip.NewWriter(&archive)
	files := tar.NewWriter(zipped)
	header := &tar.Header{Name: path, Mode: 0o644, Size: int64(len(document)), ModTime: time.Now()}
	if err := files.WriteHeader(header); err != nil {
		return nil, err
	}
	if _, err := files.Write(document); err != nil {
		return nil, err
	}
	if err := files.Close(); err != nil {
		return nil, err
	}
	if err := zipped.Close(); err != nil {
		return nil, err
	}
	return archive.Bytes(), nil
}
