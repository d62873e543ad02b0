// Package cargo holds the cargo record, the common form that agencies share, and the dictionary of its data elements.
// It knows no wire format: guides bring X12, EDIFACT and XML messages into records and back, and the record is what is signed.
//
// # Terms
//
// A consignment is goods from one shipper to one consignee under one contract of carriage; it has goods items. Equipment is a
// container, trailer, rail car or unit load device; it stands once in a record, and goods point to its id. A conveyance
// is the means of transport of one trip. A movement is the customs movement of a consignment: import, in-bond, in-transit.
// An exam is what was physically done; a hold says that goods may not move; a disposition is what followed.
// The three are kept apart, because wire formats blur them.
//
// Numbers are never shared between agencies, so there is no number of a consignment as such: a shipment control number of CBP is
// consignment[].reference.scn, a cargo control number of CBSA consignment[].reference.ccn.
//
// # Elements
//
// Every fact has one [Path] in the dictionary (elements.csv): consignment[].consignee.name. The [Element] says what type its values are,
// which code lists they come from, how sensitive they are and which classes of record carry them. Blocks such as
// party and address are described once and expanded wherever they stand.
//
// # Records
//
// A [Record] is plain Go: every value is a string in its canonical text form, every group a pointer, everything that repeats a slice.
// The zero value is absence, and absent is all that a missing fact can be: nothing is null, empty or defaulted.
//
//	text, code, id   as they are; a code says its list where its element has several: cbp-port:3801
//	int, decimal     plain digits: 12, 1450.5
//	bool             true, false
//	date, time       2026-11-21, 2026-11-21T20:33:00Z (always UTC)
//	uuid, hash       lower case; a hash names its algorithm: sha256:…
//
// The types are generated from elements.csv (go generate), so that a new element is a new row and nothing else.
//
// # A worked example
//
// This is a whole cargo.report, as [Record.Canonical] writes it but for the line breaks:
//
//	{"id":"0193a5b2-7c44-7d31-9a55-0c1f6f0f7a10","class":"cargo.report","agency":"us.cbp","mode":"road",
//	 "conveyance":{"reference":{"trip":"PBXX26112101"},"arrival":{"port":{"code":"cbp-port:3801"}}},
//	 "consignment":[{"reference":{"scn":"PBXX00012345"},"quantity":22,
//	   "consignee":{"name":"LAKESHORE SUPPLY"},
//	   "goods":[{"description":"MACHINE PARTS","equipment":["CSQU3054383"]}]}],
//	 "equipment":[{"id":"CSQU3054383","seal":[{"number":"H4471902"}]}]}
//
// [Walk] visits its leaves: consignment[0].goods[0].description is an instance of the path consignment[].goods[].description,
// at the JSON pointer /consignment/0/goods/0/description. [Filter] makes the copy that an agreement allows. A [Ref] is how a guide reads and
// fills a record without knowing its Go types. [Split] takes a message's record apart into the units that are shared.
// [Parse] reads JSON strictly and says with position what is wrong, in findings that never repeat a value.
//
// # What is checked
//
// Parse and [Record.Check] hold a record to the dictionary: types, closed code lists, class membership, what a class requires (classes.csv).
// An unknown code of an open list is a warning, and so is a wrong check digit of a container number.
// Whether numbers have the form of their scheme, and whether a message is complete for its agency, is the guides' concern.
package cargo
