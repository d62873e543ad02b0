package main

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"peacebridge/certs"
)

// A client is a party's folder put to use: who it is, where its gateway is, and a connection that is mutual TLS both ways.
type client struct {
	dir      string
	gateway  *url.URL
	identity certs.Identity
	pair     *certs.KeyPair
	http     *http.Client
}

// asFlag gives a command the --as flag, which names the folder of the party that it acts for.
func asFlag(cmd *cobra.Command, dir *string) {
	cmd.Flags().StringVar(dir, "as", "", "folder of the party: client.crt, client.key, ca.crt and gateway")
}

// idleConnections are kept for the next request: a gateway speaks HTTP/1.1, and
// a handshake with certificates on both sides costs more than a request.
const idleConnections = 64

// openClient reads a party's folder. The gateway must prove to be one of the agency whose CA is in the folder: any other certificate
// of that agency, a partner's for one, is no gateway.
func openClient(cmd *cobra.Command, dir string) (*client, error) {
	if err := required(cmd, "as"); err != nil {
		return nil, err
	}
	return openClientFolder(dir)
}

func openClientFolder(dir string) (*client, error) {
	hint := dir + " must hold client.crt, client.key, ca.crt and gateway, as peacebridge certs enrol writes them"
	pair, err := certs.LoadKeyPair(filepath.Join(dir, clientCert), filepath.Join(dir, clientKey))
	if err != nil {
		return nil, trouble(err, hint)
	}
	ca, err := os.ReadFile(filepath.Join(dir, clientCA))
	if err != nil {
		return nil, trouble(err, hint)
	}
	address, err := os.ReadFile(filepath.Join(dir, clientURL))
	if err != nil {
		return nil, trouble(err, hint)
	}
	gateway, err := url.Parse(strings.TrimSpace(string(address)))
	if err == nil && (gateway.Scheme != "https" || gateway.Host == "") {
		err = errors.New("want an https URL")
	}
	if err != nil {
		return nil, trouble(fmt.Errorf("%s: %w", filepath.Join(dir, clientURL), err))
	}
	id := pair.Identity()
	trust := certs.NewTrust()
	if err := trust.Add(id.Agency, ca, certs.RoleGateway); err != nil {
		return nil, trouble(fmt.Errorf("%s: %w", filepath.Join(dir, clientCA), err))
	}
	transport := &http.Transport{
		TLSClientConfig:       trust.ClientConfigFrom(pair, certs.Identity{Agency: id.Agency, Role: certs.RoleGateway}, time.Now),
		MaxIdleConnsPerHost:   idleConnections,
		ResponseHeaderTimeout: 10 * time.Minute, // a large interchange is answered after its last commit
	}
	return &client{dir: dir, gateway: gateway, identity: id, pair: pair, http: &http.Client{Transport: transport}}, nil
}

// url returns the address of a resource of the gateway.
func (c *client) url(path string, query url.Values) string {
	u := c.gateway.JoinPath(path)
	u.RawQuery = query.Encode()
	return u.String()
}
