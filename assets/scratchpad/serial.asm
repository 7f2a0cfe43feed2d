; A log on the first serial line, by INT 14h: what the machine says, for tests that read no screen.

; Sets the line to 9600 bits per second, 8 bits, no parity, if there is one.
serial_open:
        cmp     word [BIOS_DATA_COM1], 0
        je      .done
        pusha
        mov     ax, 0x00E3
        xor     dx, dx
        int     0x14
        popa
.done:
        ret

; Sends the zero-terminated text at SI without its leading blank, and a line end.
serial_line:
        cmp     word [BIOS_DATA_COM1], 0
        je      .done
        pusha
        cmp     byte [si], ' '
        jne     .next
        inc     si
.next:
        lodsb
        test    al, al
        jz      .end
        call    .send
        jmp     .next
.end:
        mov     al, 13
        call    .send
        mov     al, 10
        call    .send
        popa
.done:
        ret
.send:
        mov     ah, 0x01
        xor     dx, dx
        int     0x14
        ret
