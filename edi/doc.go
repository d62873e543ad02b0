// Package edi reads, checks, answers and writes electronic data interchange in the two syntaxes that the world
// uses: ANSI X12 and UN/EDIFACT (ISO 9735). It knows nothing of any industry: what a message may hold is data.
//
// # An interchange
//
// Business partners send each other interchanges: one envelope with any number of messages inside. This is a
// small one in X12, with line breaks that are not part of it:
//
//	ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       *261121*1430*U*00401*000000001*0*T*>~
//	GS*FA*SENDER*RECEIVER*20261121*1430*1*X*004010~      a functional group of messages of one kind
//	ST*997*0001~                                         a message (transaction set) of type 997
//	AK1*SO*17~                                           a segment: tag AK1, elements "SO" and "17"
//	AK9*A*1*1*1~
//	SE*4*0001~                                           4 segments in message 0001
//	GE*1*1~                                              1 message in group 1
//	IEA*1*000000001~                                     1 group in interchange 000000001
//
// And its answer as UN/EDIFACT writes it:
//
//	UNB+UNOA:3+RECEIVER:14+SENDER:14+261121:1431+8'
//	UNH+1+CONTRL:D:3:UN'                                 message reference 1, type CONTRL of directory D.3
//	UCI+1+SENDER:14+RECEIVER:14+7'                       an element with two components: SENDER and 14
//	UNT+3+1'
//	UNZ+1+8'
//
// A segment ends with a terminator; elements are parted by one separator, the components of a composite by
// another, repetitions of an element by a third. Which bytes these are is said by the interchange itself, in ISA,
// which therefore has a fixed width, or in UNA. EDIFACT has a release character that makes the next byte plain.
// Delimiters are always found, never configured.
//
// # Directories, structures, overlays
//
// Both syntaxes come in releases (X12 005010, EDIFACT D.03B): directories of segments, composites, data elements and
// code lists, and for each message a structure: segments in order, how often each may stand, and which of them
// form loops (segment groups). Such directories are data in this package; see Builtin and OpenDirectories. A Spec
// is one message of one release, compiled.
//
// No agency or company uses a message as it is published. It leaves most of it out, forbids codes, and adds what
// it lacks. An Overlay says so: it both restricts and extends a release. Under an overlay, what breaks the release
// alone is a warning. Rules between segments, "M10 must stand where P4 does", are data in both (Rule).
//
// # Reading
//
// There are three ways down. A Reader returns message by message, with the matched structure as a tree. Below it
// a Decoder returns events, one segment at a time and without copying: its memory is bounded by the largest segment.
// A Stream goes on to composites and elements. Nothing that a sender can write is a Go error: trouble is a Finding,
// with the level of rules it comes from, the clause, and the position in the received bytes. The codes of findings,
// and what each acknowledgement says for them, are findings.csv.
//
//	r := edi.NewReader(file, edi.Options{})
//	for {
//		m, err := r.Next()
//		if err == io.EOF {
//			break
//		}
//		…
//	}
//	err = ack.Write(answer, r.Result(), ack.Options{At: time.Now()})
//
// Every bound is in Limits. A stream of any length is checked in constant memory with Options.Brief.
//
// # Writing
//
// A Writer writes one interchange, and cannot write one that is not well formed; a Splitter writes as many as the
// limits of a receiver ask for. Values are bytes in the character set that the interchange declares, as a Reader
// returns them, and refused when they are not; Interchange.Decode and Writer.Text lead from there to UTF-8 and back.
// What a set lacks is folded and told, or refused (Charset.Fold).
//
// # What is not here
//
// Interactive EDIFACT (UIB), ISO 2022 character sets (UNOX), and other syntaxes (TRADACOMS, HL7) are named and
// refused; security segments are passed over, which a warning says.
package edi
