package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"peacebridge/certs"
)

func certsCommand(t *terminal) *cobra.Command {
	return group(t, &cobra.Command{
		Use:   "certs",
		Short: "Run an agency's certification authority, and enrol with one",
		Long: `Run the certification authority of an agency (--ca, the folder ca/ in its gateway's home), and enrol with one. An identity is
written peacebridge://AGENCY/ROLE/ID; the roles are gateway, system, partner, auditor, officer and admin.`,
		Example: `  peacebridge certs token --ca us.cbp/ca peacebridge://us.cbp/partner/carrier-7
  peacebridge certs list --ca us.cbp/ca`,
	},
		certsInitCommand(t),
		certsTokenCommand(t),
		certsEnrolCommand(t),
		certsIssueCommand(t),
		certsRenewCommand(t),
		certsRevokeCommand(t),
		certsCRLCommand(t),
		certsListCommand(t),
	)
}

// authorityFlag gives a command the --ca flag, without which it cannot know whose authority it works on.
func authorityFlag(cmd *cobra.Command, dir *string) {
	cmd.Flags().StringVar(dir, "ca", "", "folder of the authority (ca/ in the gateway's home)")
}

// withAuthority opens the authority of --ca for as long as do runs.
func withAuthority(cmd *cobra.Command, dir string, do func(*certs.Authority) error) error {
	if err := required(cmd, "ca"); err != nil {
		return err
	}
	a, err := certs.OpenAuthority(dir)
	if err != nil {
		return trouble(fmt.Errorf("%s: %w", dir, err), "peacebridge certs init --ca "+dir+" --agency AGENCY makes an authority")
	}
	err = do(a)
	return errors.Join(err, a.Close())
}

// certsAnswer tells what certs said no to from what went wrong: a refusal has a reason and is status 1.
func certsAnswer(err error) error {
	if err == nil {
		return nil
	}
	if r, ok := errors.AsType[*certs.Refusal](err); ok {
		return refused(fmt.Errorf("%w (%s)", err, r.Reason))
	}
	return trouble(err)
}

// identity reads an identity from the command line.
func identity(cmd *cobra.Command, uri string) (certs.Identity, error) {
	id, err := certs.ParseIdentity(uri)
	if err == nil {
		return id, nil
	}
	hint := "write it as peacebridge://us.cbp/partner/carrier-7"
	if parts := strings.Split(uri, "/"); len(parts) == 5 {
		if near := didYouMean(parts[3], certs.Roles()); near != "" {
			hint = near
		}
	}
	return id, usage(cmd, hint, "%q: %v", oneLine(uri), err)
}

// folder names in a party's folder.
const (
	clientKey  = "client.key"
	clientCert = "client.crt"
	clientCA   = "ca.crt"
	clientURL  = "gateway"
)

// writeParty makes or refreshes the folder of a party: its key, its certificate and the CA of the gateway that it talks to.
func writeParty(dir string, keyPEM, certPEM, caPEM []byte, gateway string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return trouble(err)
	}
	for _, file := range []struct {
		name string
		data []byte
		mode os.FileMode
	}{
		{clientKey, keyPEM, 0o600}, {clientCert, certPEM, 0o644}, {clientCA, caPEM, 0o644}, {clientURL, []byte(gateway + "\n"), 0o644},
	} {
		if len(strings.TrimSpace(string(file.data))) == 0 {
			continue
		}
		if err := replace(filepath.Join(dir, file.name), file.data, file.mode); err != nil {
			return trouble(err)
		}
	}
	return nil
}

// replace writes a file beside the old one, syncs it and puts it in its place, so that a crash leaves one of the two whole.
func replace(name string, data []byte, mode os.FileMode) error {
	f, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+"-*")
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Chmod(mode)
	}
	if err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}
