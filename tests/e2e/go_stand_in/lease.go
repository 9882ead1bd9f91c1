package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"os"
	"time"
)

const (
	leaseName     = "3f356f6a.example.com"
	leaseSeconds  = 15
	retryPeriod   = 2 * time.Second
	microTime     = "2006-01-02T15:04:05.000000Z07:00"
	accountFolder = "/var/run/secrets/kubernetes.io/serviceaccount/"
)

type leaseSpec struct {
	HolderIdentity       string `json:"holderIdentity"`
	LeaseDurationSeconds int    `json:"leaseDurationSeconds"`
	AcquireTime          string `json:"acquireTime"`
	RenewTime            string `json:"renewTime"`
	LeaseTransitions     int    `json:"leaseTransitions"`
}

type leaseObject struct {
	APIVersion string         `json:"apiVersion"`
	Kind       string         `json:"kind"`
	Metadata   map[string]any `json:"metadata"`
	Spec       leaseSpec      `json:"spec"`
}

// lease is held as client-go's leader election holds it: tried every 2 s, and left as it is at the end, so that others
// have to wait until it runs out.
type lease struct {
	client     *http.Client
	collection string
	identity   string
}

func newLease() (*lease, error) {
	namespace, err := os.ReadFile(accountFolder + "namespace")
	if err != nil {
		return nil, err
	}
	authority, err := os.ReadFile(accountFolder + "ca.crt")
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(authority)
	host, err := os.Hostname()
	if err != nil {
		return nil, err
	}
	return &lease{
		client: &http.Client{
			Timeout:   10 * time.Second,
			Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}},
		},
		collection: fmt.Sprintf("https://%s:%s/apis/coordination.k8s.io/v1/namespaces/%s/leases",
			os.Getenv("KUBERNETES_SERVICE_HOST"), os.Getenv("KUBERNETES_SERVICE_PORT"), namespace),
		identity: host + "_" + rand.Text(),
	}, nil
}

func (held *lease) hold(ctx context.Context) {
	for {
		if err := held.tryOnce(ctx); err != nil && ctx.Err() == nil {
			log.Print(err)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(retryPeriod):
		}
	}
}

func (held *lease) tryOnce(ctx context.Context) error {
	now := time.Now().UTC()
	var found leaseObject
	status, err := held.call(ctx, http.MethodGet, "/"+leaseName, nil, &found)
	if err != nil {
		return err
	}
	renewed := leaseSpec{held.identity, leaseSeconds, now.Format(microTime), now.Format(microTime), 0}
	if status == http.StatusNotFound {
		found = leaseObject{"coordination.k8s.io/v1", "Lease", map[string]any{"name": leaseName}, renewed}
		return held.write(ctx, http.MethodPost, "", found)
	}
	if found.Spec.HolderIdentity == held.identity {
		renewed.AcquireTime = found.Spec.AcquireTime
		renewed.LeaseTransitions = found.Spec.LeaseTransitions
	} else {
		last, err := time.Parse(microTime, found.Spec.RenewTime)
		if err == nil && now.Before(last.Add(leaseSeconds*time.Second)) {
			return nil
		}
		renewed.LeaseTransitions = found.Spec.LeaseTransitions + 1
	}
	found.Spec = renewed
	return held.write(ctx, http.MethodPut, "/"+leaseName, found)
}

func (held *lease) write(ctx context.Context, method, path string, object leaseObject) error {
	status, err := held.call(ctx, method, path, &object, nil)
	if err == nil && status >= 300 {
		err = fmt.Errorf("%s of the Lease: status %d", method, status)
	}
	return err
}

// call reads a 200 into answer.
func (held *lease) call(ctx context.Context, method, path string, object *leaseObject, answer any) (int, error) {
	token, err := os.ReadFile(accountFolder + "token")
	if err != nil {
		return 0, err
	}
	body, err := json.Marshal(object)
	if err != nil {
		return 0, err
	}
	request, err := http.NewRequestWithContext(ctx, method, held.collection+path, bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	request.Header.Set("Authorization", "Bearer "+string(token))
	request.Header.Set("Content-Type", "application/json")
	response, err := held.client.Do(request)
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	if answer == nil || response.StatusCode != http.StatusOK {
		return response.StatusCode, nil
	}
	return response.StatusCode, json.NewDecoder(response.Body).Decode(answer)
}
