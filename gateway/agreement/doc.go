// Package agreement reads data-sharing agreements and decides by them what of a cargo record one agency may send to another.
//
// # The agreement
//
// An agreement is a text between agencies that lawyers write and that both sides sign: who the parties are, under which law they act, from when
// until when, and its articles. Here it is a YAML file with a closed vocabulary, so that it can be read by people, compared, rendered as numbered
// prose in English and French ([Agreement.Render]) and obeyed by a machine. A small one, whole:
//
//	agreement: CA-US-EXAMS
//	version: 1
//	title: {en: Exam results, fr: Résultats d'examen}
//	parties:
//	  - {id: ca.cbsa, country: CA, key: "sha256:…"}
//	  - {id: us.cbp, country: US, key: "sha256:…"}
//	authority: {ca.cbsa: [Customs Act s. 107(8)], us.cbp: [19 U.S.C. 1628]}
//	assurances: [held-in-confidence, purpose-only]
//	inForce: {from: 2026-01-01, until: 2028-12-31, review: 2027-01-01}
//	articles:
//	  - id: "4.1"
//	    purpose: exam-recognition
//	    direction: both
//	    classes: [exam.result]
//	    share: [header, "exam.{id,kind[],completedAt,outcome}", "exam.item[].**"]
//	    mask: {exam.officer.ref: pseudonym}
//	    withhold: [exam.reasonClass]
//	    retention: P2Y
//	    caveats: [ORCON]
//
// An article shares, masks or withholds elements, named by the paths of the element dictionary, for one purpose, in one direction or both, in
// records of the classes that it lists, when its conditions hold. See docs/agreements.md for the whole language.
//
// # In force
//
// An agreement binds inside its dates, when every party has signed the exact bytes of its file with the key that the file names, and while neither
// has suspended it. [Agreement.InForce] checks dates and signatures; the package knows no cryptography and is given a [Verify] function.
//
// # The decision
//
// [Agreement.Decide] gives a verdict for every value of a record and names the article for each. Nothing goes by default. Withhold beats mask beats
// share, and the narrower mask wins. A fact that is not known makes a condition false where an article gives, and true where it takes. Personal
// data go only when an article names them, by default under a keyed pseudonym. Both sides decide, the receiver over what it got; the stricter holds.
//
// The law behind the rules: Customs Act (Canada) s. 107, Privacy Act (Canada) s. 8(2), 19 U.S.C. 1628 and 19 CFR 103.33, and the principles of the
// Joint Statement of Privacy Principles of 2012.
package agreement
