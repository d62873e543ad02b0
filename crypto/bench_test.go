package crypto

import (
	"fmt"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"
)

func benchSizes(b *testing.B, run func(b *testing.B, world *border, c Claims)) {
	for _, size := range []int{1 << 10, 4 << 10, 64 << 10, 1 << 20} {
		for _, p := range []Profile{P256, P384} {
			b.Run(fmt.Sprintf("%v/%dKB", p, size>>10), func(b *testing.B) {
				world := newBorder(b)
				c := world.claims()
				c.Profile = p
				c.Record = benchRecord(size)
				b.ReportAllocs()
				b.SetBytes(int64(len(c.Record)))
				run(b, world, c)
			})
		}
	}
}

// benchRecord is a record of short members, as cargo records are.
func benchRecord(size int) []byte {
	const item = `{"description":"BRAKE PARTS","grossMass":{"value":1250.5,"unit":"KGM"},"marks":["A1","A2"]}`
	n := max(1, (size-30)/(len(item)+1))
	return []byte(`{"goods":[` + strings.TrimSuffix(strings.Repeat(item+",", n), ",") + `]}`)
}

func BenchmarkSeal(b *testing.B) {
	benchSizes(b, func(b *testing.B, world *border, c Claims) {
		for b.Loop() {
			if _, err := world.cbp.Seal(c, world.now); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkOpen(b *testing.B) {
	benchSizes(b, func(b *testing.B, world *border, c Claims) {
		envelope := world.seal(b, c).Envelope
		x := world.expect()
		x.Profile = c.Profile
		for b.Loop() {
			if _, _, err := world.cbsa.Open(envelope, x); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkLibraryOpen is the library alone on the same envelope: what Open costs more is ours.
func BenchmarkLibraryOpen(b *testing.B) {
	benchSizes(b, func(b *testing.B, world *border, c Claims) {
		envelope := string(world.seal(b, c).Envelope)
		to, from := key(b, world.cbsa, Encryption, c.Profile), key(b, world.cbp, Signing, c.Profile)
		for b.Loop() {
			sealed, err := jose.ParseEncryptedCompact(envelope, []jose.KeyAlgorithm{algKeyWrap}, []jose.ContentEncryption{algContent})
			if err != nil {
				b.Fatal(err)
			}
			plain, err := sealed.Decrypt(to.key)
			if err != nil {
				b.Fatal(err)
			}
			signed, err := jose.ParseSignedCompact(string(plain), []jose.SignatureAlgorithm{jose.SignatureAlgorithm(c.Profile.signature())})
			if err != nil {
				b.Fatal(err)
			}
			if _, err := signed.Verify(&from.key.PublicKey); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkRefuse is the cost of bad input: never more than that of a good envelope, and little for a bad header.
func BenchmarkRefuse(b *testing.B) {
	world := newBorder(b)
	good := string(world.seal(b, world.claims()).Envelope)
	_, rest, _ := strings.Cut(good, ".")
	for name, envelope := range map[string]string{
		"header": enc.EncodeToString([]byte(`{"alg":"none"}`)) + "." + rest,
		"tag":    good[:len(good)-22] + strings.Repeat("A", 22),
		"dots":   strings.Repeat(".", MaxEnvelope),
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, _, err := world.cbsa.Open([]byte(envelope), world.expect()); err == nil {
					b.Fatal("opened")
				}
			}
		})
	}
}

func BenchmarkConceal(b *testing.B) {
	record := benchRecord(4 << 10)
	pointers := []string{"/goods/0/description", "/goods/1/marks/0", "/goods/2/grossMass"}
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := Conceal(record, pointers, nil); err != nil {
			b.Fatal(err)
		}
	}
}
