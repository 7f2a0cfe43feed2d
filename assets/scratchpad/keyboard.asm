; The keyboard, by INT 16h: one line with Backspace, Escape and Enter. While nothing is typed the
; processor sleeps. A key that arrives between the question and HLT is seen one tick (55 ms) later.

; Reads a line. SI: the text, zero-terminated. CX: its length, 0 to NOTE_MAXIMUM.
read_line:
        xor     cx, cx
        call    draw_input
.next_key:
        mov     ah, 0x01                ; is there a key?
        int     0x16
        jnz     .key
        call    power_poll
        sti
        hlt
        jmp     .next_key
.key:
        xor     ah, ah                  ; take it
        int     0x16
        cmp     al, 13
        je      .done
        cmp     al, 8
        je      .backspace
        cmp     al, 27
        je      read_line
        cmp     al, ' '
        jb      .next_key
        cmp     al, '~'
        ja      .next_key
        cmp     cx, NOTE_MAXIMUM
        jae     .next_key
        mov     bx, cx
        mov     [input_buffer + bx], al
        inc     cx
        call    draw_input
        jmp     .next_key
.backspace:
        jcxz    .next_key
        dec     cx
        call    draw_input
        jmp     .next_key
.done:
        mov     bx, cx
        mov     byte [input_buffer + bx], 0
        push    cx
        xor     cx, cx
        call    draw_input              ; empty the row; the text itself stays where it is
        pop     cx
        mov     bx, cx
        mov     si, input_buffer
        ret

; Draws the first CX characters of the line behind the prompt, and the cursor behind them.
draw_input:
        pusha
        mov     bx, cx
        mov     al, 0
        xchg    al, [input_buffer + bx]
        push    ax
        mov     di, line_buffer
        mov     si, text_prompt
        call    append_text
        mov     si, input_buffer
        call    append_text
        mov     byte [di], 0
        mov     si, line_buffer
        mov     dh, ROW_INPUT
        push    bx
        mov     bl, ATTRIBUTE_BRIGHT
        call    draw_row
        pop     bx
        pop     ax
        mov     [input_buffer + bx], al
        mov     dl, bl
        add     dl, COLUMN_INPUT
        call    place_cursor
        popa
        ret

input_buffer    times NOTE_MAXIMUM + 1 db 0
