//go:build !purego

#include "go_asm.h"
#include "textflag.h"

// Both loops do the same for 64 bytes at a time: bit n of a word says whether byte n is that of one of the rows 0
// to 5 of the set, or not above that of row 6. The result says whether any byte had its top bit set.

// func mark16(words *uint64, data *byte, n int, set *[7][32]byte) (high uint64)
//
// SSE2, which every amd64 has: four times 16 bytes, from the last to the first.
TEXT ·mark16(SB), NOSPLIT, $0-40
	MOVQ  words+0(FP), DI
	MOVQ  data+8(FP), SI
	MOVQ  n+16(FP), CX
	MOVQ  set+24(FP), DX
	MOVOU 0(DX), X8
	MOVOU 32(DX), X9
	MOVOU 64(DX), X10
	MOVOU 96(DX), X11
	MOVOU 128(DX), X12
	MOVOU 160(DX), X13
	MOVOU 192(DX), X14
	PXOR  X15, X15

block16:
	XORQ R8, R8
	MOVQ $48, R9

lane16:
	SHLQ     $16, R8
	MOVOU    (SI)(R9*1), X0
	POR      X0, X15
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
	JGE      lane16

	MOVQ R8, (DI)
	ADDQ $8, DI
	ADDQ $64, SI
	DECQ CX
	JNZ  block16

	PMOVMSKB X15, AX
	MOVQ     AX, high+32(FP)
	RET

// LANE32 leaves the bits of 32 bytes in BITS.
#define LANE32(OFFSET, BITS) \
	VMOVDQU   OFFSET(SI), Y0 \
	VPOR      Y0, Y15, Y15   \
	VPCMPEQB  Y0, Y8, Y1     \
	VPCMPEQB  Y0, Y9, Y2     \
	VPCMPEQB  Y0, Y10, Y3    \
	VPCMPEQB  Y0, Y11, Y4    \
	VPCMPEQB  Y0, Y12, Y5    \
	VPCMPEQB  Y0, Y13, Y6    \
	VPMINUB   Y0, Y14, Y7    \
	VPCMPEQB  Y0, Y7, Y7     \
	VPOR      Y1, Y2, Y1     \
	VPOR      Y3, Y4, Y3     \
	VPOR      Y5, Y6, Y5     \
	VPOR      Y1, Y3, Y1     \
	VPOR      Y5, Y7, Y5     \
	VPOR      Y1, Y5, Y1     \
	VPMOVMSKB Y1, BITS

// func mark32(words *uint64, data *byte, n int, set *[7][32]byte) (high uint64)
//
// AVX2: twice 32 bytes.
TEXT ·mark32(SB), NOSPLIT, $0-40
	MOVQ    words+0(FP), DI
	MOVQ    data+8(FP), SI
	MOVQ    n+16(FP), CX
	MOVQ    set+24(FP), DX
	VMOVDQU 0(DX), Y8
	VMOVDQU 32(DX), Y9
	VMOVDQU 64(DX), Y10
	VMOVDQU 96(DX), Y11
	VMOVDQU 128(DX), Y12
	VMOVDQU 160(DX), Y13
	VMOVDQU 192(DX), Y14
	VPXOR   Y15, Y15, Y15

block32:
	LANE32(0, AX)
	LANE32(32, BX)
	SHLQ $32, BX
	ORQ  BX, AX
	MOVQ AX, (DI)
	ADDQ $8, DI
	ADDQ $64, SI
	DECQ CX
	JNZ  block32

	VPMOVMSKB Y15, AX
	MOVQ      AX, high+32(FP)
	VZEROUPPER
	RET

// func visit(r *run)
//
// visit is run.portable in registers:
//
//	AX  bits of the word not yet visited   SI  its bytes    R9  its first byte, counted from begin
//	R11 start   R12 place   R15 begin      DI  the next token   R13 the open mark
//	R10 classes   R8 turns   R14 the run   BX  end   DX class   CX
TEXT ·visit(SB), NOSPLIT, $0-8
	MOVQ r+0(FP), R14
	MOVQ run_word(R14), AX
	MOVQ run_at(R14), R9
	MOVQ run_start(R14), R11
	MOVQ run_place(R14), R12
	MOVQ run_begin(R14), R15
	MOVQ run_token(R14), DI
	MOVQ run_mark(R14), R13
	MOVQ run_bytes(R14), SI
	MOVQ run_classes(R14), R10
	MOVQ run_turns(R14), R8
	MOVQ run_count(R14), CX
	SHLQ $4, CX
	ADDQ CX, DI
	MOVQ run_closed(R14), CX
	IMULQ $mark__size, CX
	ADDQ CX, R13
	ADDQ R9, SI
	SUBQ R15, R9
	JMP  bits

word:
	MOVQ run_w(R14), CX
	INCQ CX
	CMPQ CX, run_n(R14)
	JGE  over
	MOVQ CX, run_w(R14)
	MOVQ run_words(R14), DX
	MOVQ (DX)(CX*8), AX
	ADDQ $64, R9
	ADDQ $64, SI

bits:
	TESTQ AX, AX
	JZ    word

next:
	TZCNTQ  AX, BX // where there is no such instruction it is BSFQ, which does the same
	LEAQ    -1(AX), DX
	ANDQ    DX, AX
	MOVBLZX (SI)(BX*1), DX
	MOVBLZX (R10)(DX*1), DX
	ADDQ    R9, BX
	CMPL    DX, $const_classTerminator
	JAE     stop

	// A separator. An empty value is written, too, and the next one over it.
	MOVL    R11, (DI)
	MOVL    BX, 4(DI)
	MOVQ    R12, 8(DI)
	LEAQ    16(DI), CX
	CMPQ    R11, BX
	CMOVQLT CX, DI
	LEAQ    1(BX), R11
	ANDQ    turns_keep(R8)(DX*8), R12
	ADDQ    turns_add(R8)(DX*8), R12
	TESTQ   AX, AX
	JNZ     next
	JMP     word

stop:
	JA    other
	MOVL  R11, (DI)
	MOVL  BX, 4(DI)
	MOVQ  R12, 8(DI)
	CMPQ  R11, BX
	JEQ   trailing
	ADDQ  $16, DI

described:
	TESTW R12, R12
	JZ    empty

closed:
	LEAQ (R15)(BX*1), CX
	MOVL CX, mark_end(R13)
	MOVQ DI, DX
	SUBQ run_token(R14), DX
	SHRQ $4, DX
	MOVL DX, mark_last(R13)
	MOVW R12, mark_elements(R13)
	ADDQ $mark__size, R13
	INCQ BX
	ADDQ BX, R15
	SUBQ BX, R9
	MOVL DX, mark_first(R13)
	MOVW run_high(R14), DX
	MOVW DX, mark_form(R13)
	XORL R11, R11
	MOVQ $const_firstPlace, R12
	MOVQ run_closed(R14), CX
	INCQ CX
	MOVQ CX, run_closed(R14)
	DECQ BX
	MOVL $const_classTerminator, DX
	CMPQ CX, run_room(R14)
	JGE  out

opened:
	MOVL R15, mark_begin(R13)
	CMPQ R15, run_size(R14)
	JGE  bits
	MOVL $const_classBlank, DX
	XORL BX, BX
	MOVQ SI, CX
	SUBQ R9, CX // the byte at begin
	CMPB (CX), $32
	JNE  bits
	JMP  out

trailing:
	ORW $const_formTrailing, mark_form(R13)
	JMP described

empty:
	ORW $const_formEmpty, mark_form(R13)
	JMP closed

other:
	CMPL  DX, $const_classBreak
	JNE   out
	TESTQ BX, BX
	JNZ   out
	INCQ  R15
	DECQ  R9
	JMP   opened

over:
	XORL DX, DX

out:
	ADDQ R15, R9
	MOVQ AX, run_word(R14)
	MOVQ R9, run_at(R14)
	MOVQ R11, run_start(R14)
	MOVQ R12, run_place(R14)
	MOVQ R15, run_begin(R14)
	MOVQ BX, run_end(R14)
	MOVB DX, run_class(R14)
	SUBQ run_token(R14), DI
	SHRQ $4, DI
	MOVQ DI, run_count(R14)
	RET

// func hasAVX2() bool
//
// The processor must have it (leaf 7), and the system must keep its registers (OSXSAVE, XCR0).
TEXT ·hasAVX2(SB), NOSPLIT, $0-1
	MOVB $0, ret+0(FP)
	MOVL $0, AX
	MOVL $0, CX
	CPUID
	CMPL AX, $7
	JLT  no
	MOVL $1, AX
	MOVL $0, CX
	CPUID
	ANDL $(1<<27 | 1<<28), CX
	CMPL CX, $(1<<27 | 1<<28)
	JNE  no
	MOVL $0, CX
	XGETBV
	ANDL $6, AX
	CMPL AX, $6
	JNE  no
	MOVL $7, AX
	MOVL $0, CX
	CPUID
	SHRL $5, BX
	ANDL $1, BX
	MOVB BX, ret+0(FP)

no:
	RET
