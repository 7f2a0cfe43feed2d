; The boot counter and the notes. All notes are kept in memory as they are on the disk; the newest has
; the highest number, and when all slots are used the next note takes the place of the oldest.

; Adds one to the boot counter on the disk and shows it. A blank or foreign state sector counts as none.
count_boot:
        mov     eax, STATE_LBA
        mov     cx, 1
        mov     bx, STATE_BUFFER
        call    read_sectors
        mov     si, STATE_BUFFER
        mov     di, state_magic
        mov     cx, 10
        repe    cmpsb
        je      .known
        mov     di, STATE_BUFFER
        mov     cx, SECTOR_BYTES / 2
        xor     ax, ax
        rep     stosw
        mov     si, state_magic
        mov     di, STATE_BUFFER
        mov     cx, 10
        rep     movsb
.known:
        inc     dword [STATE_BUFFER + STATE_COUNT]
        mov     eax, STATE_LBA
        mov     cx, 1
        mov     bx, STATE_BUFFER
        call    write_sectors

        mov     di, line_buffer
        mov     si, text_boot
        call    append_text
        mov     eax, [STATE_BUFFER + STATE_COUNT]
        call    append_number
        mov     si, text_type
        call    append_text
        mov     byte [di], 0
        mov     si, line_buffer
        mov     dh, ROW_BOOT
        mov     bl, ATTRIBUTE_BRIGHT
        call    draw_row
        jmp     serial_line

; Reads every note, one by one so that a bad sector costs one note, and finds the newest.
load_notes:
        mov     di, BLANK_BUFFER        ; and on to the end of the notes behind it
        mov     cx, (NOTE_SLOTS + 1) * SECTOR_BYTES / 2
        xor     ax, ax
        rep     stosw
        mov     dword [newest_note], 0
        xor     di, di
.next:
        call    slot_place            ; DI: its place in memory, EAX: its sector
        mov     bx, di
        mov     cx, 1
        call    read_sectors
        jc      .skip
        cmp     dword [bx], 'NOTE'
        jne     .skip
        mov     edx, [bx + NOTE_NUMBER]
        cmp     edx, [newest_note]
        jbe     .skip
        mov     [newest_note], edx
.skip:
        lea     di, [eax - NOTES_LBA + 1]
        cmp     di, NOTE_SLOTS
        jb      .next
        ret

; Writes the CX characters at SI as a new note, and shows it. If the disk refuses, nothing changes.
save_note:
        mov     di, [newest_note]
        call    slot_place            ; DI: its place in memory, EAX: its sector
        mov     [note_place], di
        mov     [note_lba], eax
        mov     di, STATE_BUFFER        ; put together where it harms nothing
        push    cx
        push    si
        mov     cx, SECTOR_BYTES / 2
        xor     ax, ax
        rep     stosw
        pop     si
        pop     cx
        mov     dword [STATE_BUFFER], 'NOTE'
        mov     eax, [newest_note]
        inc     eax
        mov     [STATE_BUFFER + NOTE_NUMBER], eax
        mov     [STATE_BUFFER + NOTE_LENGTH], cx
        mov     di, STATE_BUFFER + NOTE_TEXT
        rep     movsb
        mov     eax, [note_lba]
        mov     cx, 1
        mov     bx, STATE_BUFFER
        call    write_sectors
        jc      .done
        inc     dword [newest_note]
        mov     si, STATE_BUFFER
        mov     di, [note_place]
        mov     cx, SECTOR_BYTES / 2
        rep     movsw
        call    draw_notes
        mov     eax, [newest_note]
        mov     si, text_saved
        jmp     show_about_note
.done:
        ret

; DI: slot, of which only the low bits count. DI: its place in memory, EAX: its LBA.
slot_place:
        and     di, NOTE_SLOTS - 1
        movzx   eax, di
        add     eax, NOTES_LBA
        shl     di, 9
        add     di, NOTES_BUFFER
        ret

; Writes zeros over note EAX. One that isn't there is only said to be missing.
zero_note:
        call    find_note
        jc      .missing
        push    eax
        dec     ax
        and     eax, NOTE_SLOTS - 1
        add     eax, NOTES_LBA
        mov     cx, 1
        mov     bx, BLANK_BUFFER
        call    write_sectors
        pop     eax
        jc      .done
        push    eax
        mov     cx, SECTOR_BYTES / 2
        xor     ax, ax
        rep     stosw
        pop     eax
        call    draw_notes
        mov     si, text_zeroed
        jmp     show_about_note
.missing:
        mov     si, text_no_note
        call    show_about_note
.done:
        ret

; DI: where note EAX lies in memory. Carry: there is no such note.
find_note:
        mov     di, ax
        dec     di
        and     di, NOTE_SLOTS - 1
        shl     di, 9
        add     di, NOTES_BUFFER
        cmp     dword [di], 'NOTE'
        jne     .missing
        cmp     [di + NOTE_NUMBER], eax
        jne     .missing
        clc
        ret
.missing:
        stc
        ret

; Draws the notes, oldest first, without gaps, and blanks the rows below.
draw_notes:
        pushad
        mov     dh, ROW_NOTES
        mov     cx, NOTE_SLOTS
.next:
        movzx   eax, cx                 ; newest - (CX - 1)
        neg     eax
        inc     eax
        add     eax, [newest_note]
        jle     .skip
        call    find_note
        jc      .skip
        call    draw_note
        inc     dh
.skip:
        loop    .next
.blank:
        cmp     dh, ROW_NOTES + NOTE_SLOTS
        jae     .done
        mov     si, text_nothing
        mov     bl, ATTRIBUTE_TEXT
        call    draw_row
        inc     dh
        jmp     .blank
.done:
        popad
        ret

; Draws note EAX, which lies at DI, on row DH.
draw_note:
        pushad
        mov     si, di
        mov     di, line_buffer
        mov     byte [di], ' '
        inc     di
        call    append_number
        mov     ax, '. '
        stosw
        mov     cx, [si + NOTE_LENGTH]
        cmp     cx, NOTE_MAXIMUM        ; a foreign disk may say anything
        jbe     .copy
        mov     cx, NOTE_MAXIMUM
.copy:
        add     si, NOTE_TEXT
        rep     movsb
        mov     byte [di], 0
        mov     si, line_buffer
        mov     bl, ATTRIBUTE_TEXT
        call    draw_row
        popad
        ret

; Shows the message at SI with the number EAX and a full stop behind it.
show_about_note:
        mov     di, line_buffer
        call    append_text
        call    append_number
        mov     word [di], '.'
        mov     si, line_buffer
        mov     bl, ATTRIBUTE_TEXT
        jmp     show_message

newest_note     dd 0
note_lba        dd 0
note_place      dw 0
state_magic     db 'SCRATCHPAD'
text_boot       db ' Boot ', 0
text_type       db '. Type a note and press Enter.', 0
text_saved      db ' Saved note ', 0
text_zeroed     db ' Zeros written over note ', 0
text_no_note    db ' There is no note ', 0
