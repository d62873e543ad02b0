package agreement_test

import (
	"testing"

	"peacebridge/gateway/agreement"
	"peacebridge/mapping/cargo"
)

// BenchmarkDecide decides a truck's cargo report of some sixty values by the demo agreement.
func BenchmarkDecide(b *testing.B) {
	a := parse(b, demoFile(b))
	r := record(b, truckReport)
	n := 0
	_ = cargo.Walk(r, func(cargo.Leaf) error { n++; return nil })
	q := request(r)
	b.ReportAllocs()
	for b.Loop() {
		if d := a.Decide(q); d.Outcome != agreement.Share {
			b.Fatal(d.Reason)
		}
	}
	b.ReportMetric(float64(n), "values/op")
}

func BenchmarkParse(b *testing.B) {
	text := []byte(demoFile(b))
	for b.Loop() {
		if a, issues := agreement.Parse(text); a == nil {
			b.Fatal(issues)
		}
	}
}

// truckReport is a cargo report as the truck manifest guides read it.
const truckReport = `{"id":"01940000-0000-7000-8000-000000000001","class":"cargo.report","agency":"us.cbp","mode":"road","function":"original",
"issuedAt":"2026-11-21T14:30:00Z","conveyance":{"reference":{"trip":"ABCD26112101"},"carrier":{"code":"cbp-carrier:ABCD"},
"arrival":{"port":{"code":"cbp-port:3801"},"estimatedAt":"2026-11-21T18:00:00Z"},
"vehicle":[{"vin":"1FUJGLDR0CSBA1234","year":2022,"plate":{"number":"AB12345","subdivision":"ON","country":"CA"}}],
"person":[{"role":"driver","id":["cbp-ace-id:0000041047"],"name":{"last":"TREMBLAY","first":"LUC"},"birthDate":"1980-01-02","gender":"M",
"citizenship":["CA"],"address":{"line":["11 MAIN ST"],"city":"DETROIT","subdivision":"MI","postalCode":"48201","country":"US"}}]},
"consignment":[{"reference":{"scn":"ABCD00001001","bill":"BL1"},"quantity":12,"weight":{"value":9500,"unit":"KGM"},"value":{"value":1000,"currency":"USD"},
"shipper":{"name":"MAPLE STEEL LTD","id":["cbp-ace-id:0000027190"],"address":{"line":["10 MILL ROAD"],"city":"WINDSOR","subdivision":"ON","postalCode":"N9A1A1","country":"CA"}},
"consignee":{"name":"LAKE PARTS INC","address":{"line":["500 RIVER ST"],"city":"DETROIT","subdivision":"MI","postalCode":"48201","country":"US"},
"contact":[{"name":"J DOE","phone":"3135550100"}]},"importer":{"name":"LAKE PARTS INC"},
"goods":[{"sequence":1,"description":"STEEL BRACKETS","quantity":12,"marks":["LP 1-12"],"weight":{"value":9500,"unit":"KGM"},"equipment":["CSQU3054383"]}]}],
"equipment":[{"id":"CSQU3054383","plate":{"number":"PLT123","subdivision":"ON","country":"CA"},"seal":[{"number":"SEAL001"}]}]}`
