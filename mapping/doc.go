// Package mapping translates between the messages of customs agencies and cargo records, by guides.
//
// A carrier tells two agencies the same facts in two languages: CBP reads an X12 309 where the port of arrival is
// P401 and the shipment is M1112 and M1101 joined, CBSA an EDIFACT CUSCAR where the office is LOC 60 and the
// cargo control number stands in three places. In between stands one record, a [cargo.Record], whose elements
// have one name each: consignment[].consignee.name.
//
// A [Guide] is one message as one agency uses it. It is a YAML file that mirrors the message and says for every
// position what stands there; it works in both directions, and there is no code for any message:
//
//   - P4!:
//     1!: {to: conveyance.arrival.port.code, list: cbp-port}
//     2+5!: {to: conveyance.arrival.estimatedAt, form: date-time}
//
// docs/guides.md is the reference of that language. A guide compiles to an [edi.Overlay], by which the message is
// checked, and to a tree of bindings, which [Guide.Read] and [Guide.Write] walk. A [Library] holds the guides
// that belong together, with their code lists; [Builtin] has those of this repository.
//
// # What a translation says of itself
//
// Nothing is invented and nothing is lost in silence. Each translation comes with a [Report]: a value was carried,
// converted, cut or dropped, with the reason and the position on both sides; what a standing rule or the guide
// filled in is defaulted; what the target needs and nobody has is missing, and then there is no document.
// A document that was written has been read back and checked by the same guide.
//
// [Rules] are what an agency lets its gateway fill in when the data come from the other side: the port on the
// other bank, the carrier's code in the other register, a number made of the other agency's number.
//
// Same record, same guide, same [Params], same bytes: a rendering can be made again years later.
//
// # How it is built
//
// load.go, body.go, context.go and binding.go compile the YAML, with file and line in every error; overlay.go
// makes the Overlay; check.go looks for silence. read*.go and write*.go walk the tree; a [scope] is the place in
// the record that a path is relative to, a frame its instance at run time, and a slot a compiled path. forms.go
// holds what text and value are to one another, codes.go the conversions, rules.go and apply.go the standing rules.
package mapping
