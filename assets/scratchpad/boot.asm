; The boot sector: loads the program behind it and goes there. The BIOS enters at 0000:7C00 (or
; 07C0:0000) with the drive in DL.

        jmp     0:boot

boot:
        cli
        xor     ax, ax
        mov     ds, ax
        mov     es, ax
        mov     ss, ax
        mov     sp, 0x7C00
        sti
        cld
        mov     [boot_drive], dl

        mov     ah, 0x41                ; are there disk extensions?
        mov     bx, 0x55AA
        int     0x13
        jc      .no_extensions
        cmp     bx, 0xAA55
        jne     .no_extensions

        mov     si, boot_packet
        mov     dl, [boot_drive]
        mov     ah, 0x42                ; extended read
        int     0x13
        jnc     start

        mov     si, text_boot_error
        jmp     .stop
.no_extensions:
        mov     si, text_no_extensions
.stop:
        lodsb
        test    al, al
        jz      .wait
        mov     ah, 0x0E                ; teletype
        mov     bx, 7
        int     0x10
        jmp     .stop
.wait:
        xor     ax, ax                  ; a key, then the BIOS tries again
        int     0x16
        int     0x19

boot_packet:                            ; the rest of the program, right behind this sector
        db      16, 0
        dw      PROGRAM_SECTORS - 1
        dw      0x7C00 + SECTOR_BYTES, 0
        dq      1

boot_drive         db 0
text_boot_error    db 'Scratchpad could not be read from the disk. Press a key to try again.', 0
text_no_extensions db 'Scratchpad needs a BIOS with disk extensions (INT 13h, 42h).', 0

; No partition table, so bytes 446 to 509 stay zero.
        times 446 - ($ - $$) db 0
        times 510 - ($ - $$) db 0
        dw      0xAA55
