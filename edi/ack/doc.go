// Package ack writes the acknowledgement that the sender of an interchange must get.
//
// # What is acknowledged
//
// EDI is sent into the dark: a sender learns that a document came, and that it could be read, from a document in
// return. There are three layers of them.
//
// The envelope. X12 answers it with a TA1 (X12.5): the interchange with this control number, of this date, was
// accepted (A), accepted with errors (E) or rejected (R), and one code that says why. A TA1 stands alone, outside any
// group. It is sent when ISA14 asks for it, and when the envelope is broken.
//
//	TA1*000000905*261121*1430*R*021~             the number of groups in IEA01 is wrong
//
// The form. X12 answers each functional group with a message of its own: a 997 (X12.20) says what breaks the standard, a
// 999 (X12.56) what breaks an implementation guide, too. A group's answer names its code and number (AK1); each set
// in it (AK2); each bad segment by its position, ST being 1 (AK3); each bad element in it (AK4); and then the verdict on
// the set (AK5) and on the group (AK9) with the numbers of sets stated, received and accepted.
//
//	AK1*SO*1~
//	AK2*309*0002~
//	AK3*LX*4**8~                                 segment 4, an LX, has errors in its elements:
//	AK4*1*554*6~                                 element 1, data element 554, has an invalid character
//	AK5*R*5~                                     the set is rejected: a segment in it is in error
//	AK9*P*2*2*1~                                 the group is accepted in part: two sets came, one is accepted
//
// UN/EDIFACT has one message for envelope and form, CONTRL (ISO 9735-4). Its segments go down the levels of the
// interchange that they answer, UCI, UCF, UCM, UCS, UCD, and each reports one error. Action 7 acknowledges a level and
// what is below, as far as nothing there is rejected; action 4 rejects it with all that is below.
//
//	UCI+1+SENDER:14+RECEIVER:14+7'               interchange 1 is acknowledged
//	UCM+1+CUSREP:D:04B:UN+4'                     message 1 in it is rejected:
//	UCS+3'                                       segment 3, UNH being 1,
//	UCD+12+2:1'                                  has an invalid value in element 1 (the tag is position 1), component 1
//
// The contents. What an application thinks of a document that was right in form it says in an 824 (X12) or an APERAK
// (EDIFACT): [WriteAdvice].
//
// # What decides
//
// [Write] answers an [edi.Result], which holds what was found in each interchange, group and message. The codes for each
// finding are columns of edi/findings.csv; what younger releases added to the lists is in codes.csv, the codes for places
// in headers in places.csv. An answer is written in the release of the group that it answers, with that group's
// identities swapped, in the delimiters and the version of its interchange. A release before 005010 has no 999: it gets
// that of 005010.
//
// What a finding does to the message that it is in is a [Policy]: by class of error, as partners agree. The zero Policy is
// what goes without an agreement:
//
//	error in a message                the message is rejected (R; CONTRL 4)
//	all messages rejected             the group is rejected (R)
//	some messages rejected            the group is partially accepted (P), or rejected if Policy.Whole
//	error in GS, GE, UNG or UNE       the group is rejected; the interchange is noted (E) if its trailer is missing
//	error in ISA, IEA, UNB or UNZ     the interchange is rejected (R; CONTRL 4)
//	warning in ISA or IEA             the interchange is accepted with errors (E) if there is a code for it
//	any other warning                 accepted, and not reported
//
// A message that the caller refused is rejected whatever was found, with code 5 or 18.
//
// # What is never written
//
// An acknowledgement of an acknowledgement: interchanges that hold only TA1, 997, 999 or CONTRL get nothing, whatever they
// ask for and whatever is wrong with them ([ErrNone]). A value that was wrong: AK404, the copy of the bad element, is
// optional, and findings do not hold values. An acknowledgement that is itself wrong: what the sender wrote is repeated
// as far as its place can hold it. A control number that is no number is repeated by its digits, a name that is
// missing by zeros, a date that does not exist by the date of the answer. Where CONTRL could not name the interchange
// there is none (ISO 9735-4, 5.3.4).
//
// # What is not implemented
//
// Security segments are not answered: they are not verified, so that no code about them (AK502 8 to 17, 0534 of CONTRL)
// would be true.
package ack
