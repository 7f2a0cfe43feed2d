; The screen, by INT 10h in text mode 3 (80 by 25). Routines keep all registers unless they say otherwise.

; Sets the mode, which clears the screen.
clear_screen:
        pusha
        mov     ax, 0x0003
        int     0x10
        popa
        ret

; Draws the zero-terminated text at SI on row DH in the colours BL, and fills the row with blanks.
draw_row:
        pusha
        xor     dl, dl
        call    draw_text
        mov     cx, 80
        sub     cl, dl
        jz      .done
        mov     al, ' '
        call    draw_character
.done:
        popa
        ret

; Draws the zero-terminated text at SI from row DH, column DL on, in the colours BL.
; DL: the column behind it. Changes SI.
draw_text:
        push    ax
        push    cx
        mov     cx, 1
.next:
        lodsb
        test    al, al
        jz      .done
        cmp     dl, 80
        jae     .done
        call    draw_character
        inc     dl
        jmp     .next
.done:
        pop     cx
        pop     ax
        ret

; Draws AL, CX times, from row DH, column DL on, in the colours BL.
draw_character:
        pusha
        xor     bh, bh
        mov     ah, 0x02                ; place the cursor
        int     0x10
        mov     ah, 0x09                ; character with colours
        int     0x10
        popa
        ret

; Puts the blinking cursor on row DH, column DL.
place_cursor:
        pusha
        xor     bh, bh
        mov     ah, 0x02
        int     0x10
        popa
        ret

; Shows the text at SI as the message, in the colours BL, and logs it.
show_message:
        push    dx
        mov     dh, ROW_MESSAGE
        call    draw_row
        call    serial_line
        pop     dx
        ret

clear_message:
        push    bx
        push    dx
        push    si
        mov     dh, ROW_MESSAGE
        mov     bl, ATTRIBUTE_TEXT
        mov     si, text_nothing
        call    draw_row
        pop     si
        pop     dx
        pop     bx
        ret

text_nothing    db 0

; --- building lines -----------------------------------------------------------------------------
; Lines with numbers in them are put together at DI and drawn in one piece.

; Appends the zero-terminated text at SI. DI: behind it. Changes SI.
append_text:
        push    ax
.next:
        lodsb
        test    al, al
        jz      .done
        stosb
        jmp     .next
.done:
        pop     ax
        ret

; Appends EAX as a decimal number. DI: behind it.
append_number:
        push    eax
        push    ebx
        push    cx
        push    edx
        mov     ebx, 10
        xor     cx, cx
.divide:
        xor     edx, edx
        div     ebx
        push    dx
        inc     cx
        test    eax, eax
        jnz     .divide
.digit:
        pop     ax
        add     al, '0'
        stosb
        loop    .digit
        pop     edx
        pop     cx
        pop     ebx
        pop     eax
        ret

; Appends AL as two hexadecimal digits. DI: behind them.
append_hex_byte:
        push    ax
        mov     ah, al
        shr     al, 4
        call    .digit
        mov     al, ah
        and     al, 15
        call    .digit
        pop     ax
        ret
.digit:
        cmp     al, 10
        jb      .decimal
        add     al, 'A' - '0' - 10
.decimal:
        add     al, '0'
        stosb
        ret

line_buffer     times 96 db 0
