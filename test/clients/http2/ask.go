// Asks for addresses over HTTP/2, all at once, and prints a line of JSON for each: what Go's own client made of the answer.
// An address of http: is asked by prior knowledge.
package main

import (
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"sync"

	"golang.org/x/net/http2"
)

type answer struct {
	URL      string
	Protocol string
	Status   int
	Sha256   string
	Error    string
}

func main() {
	transport := &http2.Transport{
		AllowHTTP:       true,
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true},
	}
	if len(os.Args) > 2 && os.Args[2][:5] == "http:" {
		transport.DialTLS = func(network, address string, _ *tls.Config) (net.Conn, error) {
			return net.Dial(network, address)
		}
	}
	client := &http.Client{Transport: transport}
	// The first argument is an entity tag for all requests, or "-".
	tag, urls := os.Args[1], os.Args[2:]
	answers := make([]answer, len(urls))
	var group sync.WaitGroup
	for index, url := range urls {
		group.Add(1)
		go func(index int, url string) {
			defer group.Done()
			answers[index] = ask(client, url, tag)
		}(index, url)
	}
	group.Wait()
	encoder := json.NewEncoder(os.Stdout)
	for _, one := range answers {
		encoder.Encode(one)
	}
}

func ask(client *http.Client, url, tag string) answer {
	request, err := http.NewRequest("GET", url, nil)
	if err != nil {
		return answer{URL: url, Error: err.Error()}
	}
	if tag != "-" {
		request.Header.Set("If-None-Match", tag)
	}
	response, err := client.Do(request)
	if err != nil {
		return answer{URL: url, Error: err.Error()}
	}
	defer response.Body.Close()
	hash := sha256.New()
	if _, err := io.Copy(hash, response.Body); err != nil {
		return answer{URL: url, Error: err.Error()}
	}
	return answer{url, response.Proto, response.StatusCode, hex.EncodeToString(hash.Sum(nil)), ""}
}
