#include "textflag.h"

// func markBlocks(words *uint64, data *byte, blocks int, set *[7][16]byte)
//
// For each of 64 bytes at data, bit n of the word says whether byte n is one of set[0] to set[5], or not above
// set[6]. SSE2 only, which every amd64 has.
TEXT ·markBlocks(SB), NOSPLIT, $0-32
	MOVQ words+0(FP), DI
	MOVQ data+8(FP), SI
	MOVQ blocks+16(FP), CX
	MOVQ set+24(FP), DX
	MOVOU 0(DX), X8
	MOVOU 16(DX), X9
	MOVOU 32(DX), X10
	MOVOU 48(DX), X11
	MOVOU 64(DX), X12
	MOVOU 80(DX), X13
	MOVOU 96(DX), X14

block:
	TESTQ CX, CX
	JZ    done
	XORQ  R8, R8
	MOVQ  $48, R9 // from the last 16 bytes to the first

lane:
	SHLQ     $16, R8
	MOVOU    (SI)(R9*1), X0
	MOVO     X0, X1
	MOVO     X0, X2
	MOVO     X0, X3
	MOVO     X0, X4
	MOVO     X0, X5
	MOVO     X0, X6
	MOVO     X0, X7
	PCMPEQB  X8, X1
	PCMPEQB  X9, X2
	PCMPEQB  X10, X3
	PCMPEQB  X11, X4
	PCMPEQB  X12, X5
	PCMPEQB  X13, X6
	PMINUB   X14, X7
	PCMPEQB  X0, X7
	POR      X2, X1
	POR      X4, X3
	POR      X6, X5
	POR      X3, X1
	POR      X7, X5
	POR      X5, X1
	PMOVMSKB X1, AX
	ORQ      AX, R8
	SUBQ     $16, R9
	JGE      lane

	MOVQ R8, (DI)
	ADDQ $8, DI
	ADDQ $64, SI
	DECQ CX
	JMP  block

done:
	RET
