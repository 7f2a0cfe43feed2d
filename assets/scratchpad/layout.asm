; Where everything lies, on the disk and in memory. The README repeats the disk's part, and
; test/support/scratchpad.ts exports it to the tests: change all three together.

; --- the disk, in sectors of 512 bytes -----------------------------------------------------------
SECTOR_BYTES     equ 512
PROGRAM_SECTORS  equ 16             ; boot sector and program: LBA 0 to 15
STATE_LBA        equ 16             ; the boot counter
NOTES_LBA        equ 32             ; one note a sector
NOTE_SLOTS       equ 16             ; a power of two: note n lies in slot (n - 1) mod 16
IMAGE_SECTORS    equ 128            ; 64 KiB, the rest is blank

; --- the state sector -------------------------------------------------------------------------------
; 0   10 bytes  'SCRATCHPAD'
; 10  2 bytes   zero
; 12  u32       how often this disk was booted
STATE_COUNT      equ 12

; --- a note's sector --------------------------------------------------------------------------------
; 0   4 bytes   'NOTE'
; 4   u32       number of the note, from 1
; 8   u16       length of the text in bytes
; 10  bytes     the text, ASCII; zeros to the sector's end
NOTE_NUMBER      equ 4
NOTE_LENGTH      equ 8
NOTE_TEXT        equ 10
NOTE_MAXIMUM     equ 64             ; characters; keeps a note on one row of the screen

; --- memory, all in segment 0 -------------------------------------------------------------------
; 7C00 to 9BFF  boot sector and program; the stack grows down from 7C00
STATE_BUFFER     equ 0xA000         ; the state sector
BLANK_BUFFER     equ 0xA200         ; a sector of zeros
NOTES_BUFFER     equ 0xA400         ; all notes as they are on the disk: 16 sectors, up to C3FF
BIOS_DATA_COM1   equ 0x0400         ; word: port of the first serial line, 0 if there is none
BIOS_DATA_TICKS  equ 0x046C         ; dword: timer ticks, 18.2 a second

; --- the screen, rows of 80 by 25 ---------------------------------------------------------------
ROW_TITLE        equ 0
ROW_BOOT         equ 2
ROW_NOTES        equ 4
ROW_INPUT        equ 21
ROW_MESSAGE      equ 22
ROW_HELP         equ 24
COLUMN_INPUT     equ 3

ATTRIBUTE_TEXT   equ 0x07           ; grey on black
ATTRIBUTE_BRIGHT equ 0x0F           ; white on black
ATTRIBUTE_BAR    equ 0x1F           ; white on blue
ATTRIBUTE_ALARM  equ 0x0C           ; light red on black
