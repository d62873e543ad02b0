package cargo_test

import (
	"fmt"
	"strings"

	"peacebridge/mapping/cargo"
)

func Example() {
	r, findings, err := cargo.Parse([]byte(`{"class":"cargo.report","agency":"us.cbp","mode":"road",
		"consignment":[{"reference":{"scn":"PBXX00012345"},"goods":[{"description":"MACHINE PARTS","equipment":["CSQU3054384"]}]}],
		"equipment":[{"id":"CSQU3054384"}]}`))
	fmt.Println(err)
	for _, f := range findings {
		fmt.Printf("%s at %s: %s\n", f.Severity, f.Pointer, f.Message)
	}
	_ = cargo.Walk(r, func(l cargo.Leaf) error {
		if strings.HasPrefix(l.Instance, "consignment") {
			fmt.Println(l.Instance, "=", l.Value)
		}
		return nil
	})
	public := cargo.Filter(r, func(l cargo.Leaf) (string, bool) { return l.Value, l.Element.Sensitivity == "public" })
	fmt.Printf("%s\n", public.Canonical())
	// Output:
	// <nil>
	// warning at /equipment/0/id: the check digit of the container number is wrong
	// consignment[0].reference.scn = PBXX00012345
	// consignment[0].goods[0].description = MACHINE PARTS
	// consignment[0].goods[0].equipment[0] = CSQU3054384
	// {"class":"cargo.report","agency":"us.cbp","mode":"road"}
}

func ExampleCompileRef() {
	r := &cargo.Record{Class: cargo.CargoReport}
	consignments, _ := cargo.CompileRef("", "consignment[]")
	consignee, _ := cargo.CompileRef("consignment[]", "consignee.name")

	c, _ := consignments.Append(r)
	_ = consignee.Set(c, "LAKESHORE SUPPLY")
	fmt.Printf("%s\n", r.Canonical())
	// Output: {"class":"cargo.report","consignment":[{"consignee":{"name":"LAKESHORE SUPPLY"}}]}
}
