; Lines that are not notes: `zero N`, `flush`, `reboot` and `poweroff`, in small letters.

; SI: the line, zero-terminated, CX: its length. Carry: it was a command, and is done.
; Otherwise SI and CX are as before.
run_command:
        mov     di, command_poweroff
        call    is_line
        je      power_off
        mov     di, command_reboot
        call    is_line
        je      reboot
        mov     di, command_flush
        call    is_line
        je      .flush
        mov     di, command_zero
        call    starts_line             ; BX: behind it
        je      .zero
        clc
        ret
.flush:
        call    flush_disk
        stc
        ret
.zero:
        call    parse_number            ; EAX, carry: not a number, so a note after all
        jc      .note
        call    zero_note
        stc
        ret
.note:
        clc
        ret

; ZF: the line at SI is the text at DI.
is_line:
        call    starts_line
        jne     .done
        cmp     byte [bx], 0
.done:
        ret

; ZF: the line at SI starts with the text at DI. BX: behind it.
starts_line:
        push    ax
        push    di
        mov     bx, si
.next:
        mov     al, [di]
        test    al, al
        jz      .done
        cmp     al, [bx]
        jne     .done
        inc     di
        inc     bx
        jmp     .next
.done:
        pop     di
        pop     ax
        ret

; EAX: the decimal number at BX, up to the line's end. Carry: it isn't one, or has over 9 digits.
parse_number:
        push    cx
        push    edx
        xor     eax, eax
        mov     cx, 9
        cmp     byte [bx], 0
        je      .refuse
.next:
        movzx   edx, byte [bx]
        test    dl, dl
        jz      .accept
        jcxz    .refuse
        dec     cx
        sub     dl, '0'
        cmp     dl, 9
        ja      .refuse
        imul    eax, eax, 10
        add     eax, edx
        inc     bx
        jmp     .next
.refuse:
        stc
        jmp     .done
.accept:
        clc
.done:
        pop     edx
        pop     cx
        ret

command_poweroff db 'poweroff', 0
command_reboot   db 'reboot', 0
command_flush    db 'flush', 0
command_zero     db 'zero ', 0
