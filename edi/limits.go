package edi

// Limits bounds what a Reader takes in. Every zero value stands for its default, so Limits{} is what most
// callers want. Past a limit the reader reports a finding and goes on, or stops where going on makes no sense.
type Limits struct {
	SegmentBytes int   // longest segment that is kept in memory; longer ones are skipped. Default 1 MiB
	BinaryBytes  int   // longest BIN or BDS object that is kept; longer ones are passed over, as those of UNO are. Default 16 MiB
	Elements     int   // data values (elements, repetitions, components) in one segment. Default 10 000
	Depth        int   // LS loops open at once. Other loops are as deep as the structure that they are matched against. Default 100
	Levels       int   // HL segments remembered until their first child comes, or the message ends. Default 1 000
	MessageBytes int64 // longest message that Next returns whole; a longer one is checked, and returned without its segments. Default 64 MiB
	Findings     int   // errors kept for a stream, and as many warnings; past it they are counted in the verdict only. Default 1 000
	Kept         int   // with Options.Brief: interchanges, groups and messages with findings that Result keeps of each; past it they are counted. Default 2 000
	Controls     int   // single control numbers remembered to find duplicates; runs of consecutive ones count as one. Default 100 000
}

func (l Limits) withDefaults() Limits {
	def(&l.SegmentBytes, 1<<20)
	def(&l.BinaryBytes, 16<<20)
	def(&l.Elements, 10_000)
	def(&l.Depth, 100)
	def(&l.Levels, 1_000)
	def(&l.MessageBytes, 64<<20)
	def(&l.Findings, 1_000)
	def(&l.Kept, 2_000)
	def(&l.Controls, 100_000)
	return l
}

func def[T int | int64](v *T, value T) {
	if *v <= 0 {
		*v = value
	}
}
