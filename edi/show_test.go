package edi

import ("testing";"os";"io";"fmt";"strings")

func TestShow(t *testing.T) {
	for _, f := range strings.Fields(os.Getenv("SHOW")) {
		b, err := os.ReadFile(f)
		if err != nil { t.Fatal(err) }
		r := NewBytesReader(b, Options{})
		for { if _, err := r.Next(); err == io.EOF { break } else if err != nil { t.Fatal(err) } }
		res := r.Result()
		fmt.Println("==", f, "valid", res.Valid(), res.Syntax, res.Groups, res.Messages, res.Segments)
		for _, x := range res.Findings { fmt.Printf("   %s %s %s | %s | %s %+v\n", x.Severity, x.Level, x.Code, x.Rule, x.Message, x.Position) }
	}
}
