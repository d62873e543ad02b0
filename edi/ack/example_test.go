package ack_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"peacebridge/edi"
	"peacebridge/edi/ack"
)

const oneSet = `ISA*00*          *00*          *ZZ*CARRIER        *ZZ*AGENCY         *261121*1430*U*00401*000000905*0*P*>~
GS*SO*CARRIER*AGENCY*20261121*1430*1*X*004010~
ST*309*0001~
M10*ABCD*J*US*1234567*BOAT*101N***Z*L~
P4*3801*20261121~
LX*A~
SE*5*0001~
GE*1*1~
IEA*1*000000905~
`

func check(document string) *edi.Result {
	r := edi.NewReader(strings.NewReader(document), edi.Options{})
	for {
		if _, err := r.Next(); errors.Is(err, io.EOF) {
			return r.Result()
		} else if err != nil {
			panic(err)
		}
	}
}

// A partner whose values are noted and not rejected.
func ExampleWrite() {
	var out bytes.Buffer
	err := ack.Write(&out, check(oneSet), ack.Options{
		Control: "41",
		At:      time.Date(2026, 11, 21, 14, 35, 0, 0, time.UTC),
		Policy:  ack.Policy{Findings: map[string]ack.Verdict{"edi.element-type": ack.Noted}},
	})
	if err != nil {
		fmt.Println(err)
	}
	fmt.Print(strings.ReplaceAll(out.String(), "~", "~\n"))
	// Output:
	// ISA*00*          *00*          *ZZ*AGENCY         *ZZ*CARRIER        *261121*1435*U*00401*000000041*0*P*>~
	// GS*FA*AGENCY*CARRIER*20261121*1435*41*X*004010~
	// ST*997*0001~
	// AK1*SO*1~
	// AK2*309*0001~
	// AK3*LX*4**8~
	// AK4*1*554*6~
	// AK5*E*5~
	// AK9*E*1*1*1~
	// SE*8*0001~
	// GE*1*41~
	// IEA*1*000000041~
}

// What the application found in a message that was right in form.
func ExampleWriteAdvice() {
	res := check(strings.Replace(oneSet, "LX*A~", "LX*1~", 1))
	m := res.Interchanges[0].Groups[0].Messages[0]
	var out bytes.Buffer
	err := ack.WriteAdvice(&out, res, []ack.Advice{{
		Message:  m,
		Document: ack.Reference{Qualifier: "BM", ID: "ABCD26112101"},
		Findings: []ack.ApplicationFinding{{Code: "DUP", Text: "filed before", Tag: "M10", Position: edi.Position{MessageSegment: 2}}},
	}}, ack.Options{At: time.Date(2026, 11, 21, 14, 35, 0, 0, time.UTC)})
	if err != nil {
		fmt.Println(err)
	}
	for _, segment := range strings.Split(out.String(), "~") {
		if strings.HasPrefix(segment, "OTI") || strings.HasPrefix(segment, "TED") {
			fmt.Println(segment)
		}
	}
	// Output:
	// OTI*TR*BM*ABCD26112101*CARRIER*AGENCY*20261121*1430*1*0001*309*004010
	// TED*DUP*filed before*M10*2
}
