; The disk, by INT 13h with disk extensions, so that no geometry matters. An error becomes a message
; with the BIOS's status, and the program goes on.

; Reads CX sectors from LBA EAX to BX. Carry: failed, and said so.
read_sectors:
        mov     byte [disk_function], 0x42
        jmp     transfer

; Writes CX sectors from BX to LBA EAX, and has the disk make them durable. Carry: failed, and said so.
write_sectors:
        mov     byte [disk_function], 0x43
        call    transfer
        jc      .done
        call    flush_disk
        clc                             ; written; a flush that fails has said so itself
.done:
        ret

transfer:
        pushad
        mov     [disk_lba], eax
        mov     [disk_count], cx
        mov     [disk_address], bx
        mov     si, disk_packet
        mov     dl, [boot_drive]
        mov     ah, [disk_function]
        xor     al, al                  ; write without verify
        int     0x13
        jnc     .done
        mov     al, ah
        mov     di, line_buffer
        mov     si, text_disk_error
        call    append_text
        call    append_hex_byte
        mov     si, text_at_sector
        call    append_text
        mov     eax, [disk_lba]
        call    append_number
        mov     word [di], '.'          ; the stop and the zero
        mov     si, line_buffer
        mov     bl, ATTRIBUTE_ALARM
        call    show_message
        stc
.done:
        popad
        ret

; INT 13h cannot flush, so the ATA command goes straight to the first IDE disk, if one answers at the
; usual ports. On other disks nothing happens. Waits at most ten seconds.
flush_disk:
        pushad
        mov     dx, 0x1F6
        mov     al, 0xE0                ; master, LBA
        out     dx, al
        mov     dx, 0x3F6
        in      al, dx                  ; reading four times gives the drive its 400 ns
        in      al, dx
        in      al, dx
        in      al, dx
        cmp     al, 0xFF                ; nobody there
        je      .done
        and     al, 0xC8
        cmp     al, 0x40                ; ready, and neither busy nor waiting for data
        jne     .done
        mov     dx, 0x1F7
        mov     al, 0xE7                ; FLUSH CACHE
        out     dx, al
        mov     dx, 0x3F6
        mov     ecx, [BIOS_DATA_TICKS]
        add     ecx, 182
        in      al, dx
.wait:
        in      al, dx
        test    al, 0x80
        jz      .finished
        cmp     ecx, [BIOS_DATA_TICKS]
        ja      .wait
.finished:
        mov     dx, 0x1F7
        in      al, dx                  ; takes the interrupt back
        test    al, 0x80 | 0x21         ; still busy, fault or error
        jz      .done
        mov     si, text_flush_error
        mov     bl, ATTRIBUTE_ALARM
        call    show_message
.done:
        popad
        ret

disk_function   db 0
        align   4, db 0
disk_packet:
        db      16, 0
disk_count      dw 0
disk_address    dw 0, 0
disk_lba        dd 0, 0

text_disk_error  db ' Disk error ', 0
text_at_sector   db 'h at sector ', 0
text_flush_error db ' The disk could not flush its cache.', 0
