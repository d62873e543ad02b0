package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"peacebridge/crypto"
	"peacebridge/gateway/agreement"
)

// signatureFile is where a party's signature over an agreement is: beside it, so that the agreement's own bytes stay as signed.
func signatureFile(name, agency string) string { return name + "." + agency + ".jws" }

func agreementSignCommand(t *terminal) *cobra.Command {
	var keys, agency string
	cmd := &cobra.Command{
		Use:   "sign --keys DIR --agency AGENCY FILE",
		Short: "Sign an agreement for one party",
		Long: `Sign the exact bytes of an agreement with the signing key of a party (keys/ in its gateway's home), and write the signature
beside it as FILE.AGENCY.jws. The agreement must name that key: a signature by another one would bind nobody.`,
		Example: "  peacebridge agreement sign --keys demo/us.cbp/keys --agency us.cbp agreement.yaml",
		Args:    oneFile,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := required(cmd, "keys", "agency"); err != nil {
				return err
			}
			if args[0] == "-" {
				return usage(cmd, "", "a signature stands beside a file; standard input has no name")
			}
			a, b, err := t.agreementFile(args[0])
			if err != nil {
				return err
			}
			party, ok := a.Party(agency)
			if !ok {
				return refused(fmt.Errorf("%s: %s is no party to it", args[0], agency))
			}
			ring, err := crypto.LoadKeyring(keys, agency)
			if err != nil {
				return trouble(err)
			}
			jws, err := ring.SignDetached(b)
			if err != nil {
				return trouble(fmt.Errorf("%s: %w", keys, err))
			}
			key, err := crypto.DetachedKey(jws)
			if err != nil {
				return trouble(err)
			}
			if key != party.Key {
				return refused(fmt.Errorf("%s: names the key %s for %s, and %s signs with %s", args[0], party.Key, agency, keys, key))
			}
			out := signatureFile(args[0], agency)
			if err := replace(out, append(jws, '\n'), 0o644); err != nil {
				return trouble(err)
			}
			if t.json {
				return t.object(struct {
					File      string        `json:"file"`
					Agreement agreement.Ref `json:"agreement"`
					Agency    string        `json:"agency"`
					Key       string        `json:"key"`
				}{out, a.Ref(), agency, key})
			}
			t.print("%s", out)
			return nil
		},
	}
	cmd.Flags().StringVar(&keys, "keys", "", "folder of the party's keys")
	cmd.Flags().StringVar(&agency, "agency", "", "the party that signs")
	t.jsonFlag(cmd)
	return cmd
}

func agreementVerifyCommand(t *terminal) *cobra.Command {
	var keys []string
	var at string
	cmd := &cobra.Command{
		Use:   "verify --keys DIR... [--at TIME] FILE",
		Short: "Say whether an agreement is signed by all parties and in force",
		Long: `Say whether an agreement binds at an instant: valid signatures of every party over the file's exact bytes, by the keys that
it names, inside its dates. --keys names files or folders with keys (JWK); a gateway's home has its own and its peers'.`,
		Example: "  peacebridge agreement verify --keys demo/us.cbp agreement.yaml",
		Args:    oneFile,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := required(cmd, "keys"); err != nil {
				return err
			}
			when, err := instant(cmd, "at", at)
			if err != nil {
				return err
			}
			a, _, err := t.agreementFile(args[0])
			if err != nil {
				return err
			}
			known, err := publicKeys(keys)
			if err != nil {
				return trouble(err)
			}
			signatures, err := signatures(args[0], a)
			if err != nil {
				return trouble(err)
			}
			return t.printInForce(a, when, signatures, a.InForce(when, signatures, known.verify))
		},
	}
	cmd.Flags().StringArrayVar(&keys, "keys", nil, "file or folder with the parties' public keys (may be repeated)")
	cmd.Flags().StringVar(&at, "at", "", "the instant, RFC 3339 or a date (default now)")
	t.jsonFlag(cmd)
	return cmd
}

func (t *terminal) printInForce(a *agreement.Agreement, at time.Time, signatures []agreement.Signature, verdict error) error {
	facts := struct {
		Agreement agreement.Ref `json:"agreement"`
		InForce   bool          `json:"inForce"`
		Reason    string        `json:"reason,omitempty"`
		At        time.Time     `json:"at"`
		SignedBy  []string      `json:"signatures"`
	}{Agreement: a.Ref(), InForce: verdict == nil, At: at.UTC().Truncate(time.Second), SignedBy: []string{}}
	for _, s := range signatures {
		facts.SignedBy = append(facts.SignedBy, s.Agency)
	}
	answer := agreementAnswer(verdict)
	if verdict == nil {
		answer = nil
	}
	if r, ok := errors.AsType[*agreement.Refusal](verdict); ok {
		facts.Reason = r.Reason
	}
	if t.json {
		return errors.Join(t.object(facts), answer)
	}
	if verdict == nil {
		t.print("%s version %d is in force at %s: %s, %s", a.ID, a.Version, facts.At.Format(time.RFC3339), count(len(signatures), "valid signature"), a.Hash)
	}
	return answer
}

// signatures reads the signatures that stand beside an agreement; a party without one is told by the verdict.
func signatures(name string, a *agreement.Agreement) ([]agreement.Signature, error) {
	var found []agreement.Signature
	for _, party := range a.Parties {
		jws, err := os.ReadFile(signatureFile(name, party.Agency))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		found = append(found, agreement.Signature{Agency: party.Agency, JWS: bytes.TrimSpace(jws)})
	}
	return found, nil
}

// A keyShelf is public keys by thumbprint. Whose they are does not matter here: an agreement names each party's key by thumbprint, so
// that the wrong key of the right name is as useless as any other.
type keyShelf map[string]crypto.PublicKey

// publicKeys reads keys from files and folders: public JWKs, the public half of private ones, and the keys in what agencies tell each
// other (introduction.json, or any JWK set). Folders are searched through; what holds no key there is passed over.
func publicKeys(from []string) (keyShelf, error) {
	shelf := keyShelf{}
	for _, root := range from {
		err := filepath.WalkDir(root, func(name string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() || name != root && filepath.Ext(name) != ".jwk" && filepath.Ext(name) != ".json" {
				return err
			}
			b, err := os.ReadFile(name)
			if err != nil {
				return err
			}
			if err := shelf.add(b); err != nil && (name == root || filepath.Ext(name) == ".jwk") {
				return fmt.Errorf("%s: %w", name, err)
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return shelf, nil
}

func (s keyShelf) add(b []byte) error {
	var set struct{ Keys []json.RawMessage }
	if json.Unmarshal(b, &set) != nil || len(set.Keys) == 0 {
		set.Keys = []json.RawMessage{b}
	}
	for _, jwk := range set.Keys {
		key, err := crypto.ParsePublicKey(jwk)
		if err != nil {
			private, perr := crypto.ParsePrivateKey(jwk)
			if perr != nil {
				return err
			}
			key = private.Public()
		}
		s[key.ID()] = key
	}
	return nil
}

// verify is the agreement package's Verify over the shelf.
func (s keyShelf) verify(agency, thumbprint string, payload, jws []byte) error {
	key, ok := s[thumbprint]
	if !ok {
		return fmt.Errorf("the key of %s, %s, is not among the keys given", agency, thumbprint)
	}
	return crypto.VerifyDetached(key, payload, jws)
}
