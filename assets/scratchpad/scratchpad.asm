; Scratchpad: a guest that counts its boots and keeps notes, for the demo and for the tests.
;
; It is a 16-bit program for any PC with a 386 or better. The BIOS loads the first sector, which loads
; the rest; from then on it needs INT 10h (screen), INT 13h with disk extensions (disk) and INT 16h
; (keyboard). Where they exist it also uses the first serial line (INT 14h) as a log, the cache flush of
; the first IDE disk, ACPI's power button and power-off, and APM.
;
; Every line that is typed is one sector, written before it is shown as saved: a note is on the disk or
; it is not. In between the processor sleeps in HLT and wakes with each key and each timer tick.
;
;   nasm -f bin -o scratchpad.img scratchpad.asm

        cpu     386
        bits    16
        org     0x7C00

%include "layout.asm"
%include "boot.asm"

; Entered once by the boot sector with DS = ES = SS = 0 and interrupts on.
start:
        call    clear_screen
        call    serial_open
        call    power_open
        call    draw_frame

        mov     si, text_title
        call    serial_line

        call    count_boot
        call    load_notes
        call    draw_notes

.next_line:
        call    read_line               ; SI: text, CX: length
        jcxz    .next_line
        call    clear_message
        call    run_command             ; carry: it was one
        jc      .next_line
        call    save_note
        jmp     .next_line

; Title, prompt and help: all that never changes.
draw_frame:
        mov     dh, ROW_TITLE
        mov     bl, ATTRIBUTE_BAR
        mov     si, text_title
        call    draw_row
        mov     dh, ROW_HELP
        mov     bl, ATTRIBUTE_BAR
        mov     si, text_help
        call    draw_row
        mov     dh, ROW_INPUT
        mov     bl, ATTRIBUTE_BRIGHT
        mov     si, text_prompt
        jmp     draw_row

%include "screen.asm"
%include "keyboard.asm"
%include "disk.asm"
%include "notes.asm"
%include "commands.asm"
%include "power.asm"
%include "serial.asm"

text_title      db ' Scratchpad', 0
text_help       db ' Enter saves the note.  Commands: zero N  flush  reboot  poweroff', 0
text_prompt     db ' > ', 0

; The program ends within its sectors (nasm refuses a negative count), the image within its own.
        times PROGRAM_SECTORS * SECTOR_BYTES - ($ - $$) db 0
        times IMAGE_SECTORS * SECTOR_BYTES - ($ - $$) db 0
