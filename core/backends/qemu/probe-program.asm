; A boot sector that does a little of everything that a guest's first second does, and then ends the machine
; with a status that only the right sums give. nasm -f bin; probe-program.ts holds the bytes.
;
; It writes to the screen through the BIOS, waits in HLT for a tick of the timer, goes to 32-bit mode with
; paging, works through a megabyte of memory, and writes the result to QEMU's debug exit port.

        bits 16
        org 0x7c00

start:  xor ax, ax
        mov ds, ax
        mov ss, ax
        mov sp, 0x7c00
        cld

        mov si, word_shown
show:   lodsb
        test al, al
        jz ticks
        mov ah, 0x0e
        mov bx, 7
        int 0x10
        jmp show

ticks:  sti
        mov eax, [0x46c]                ; the BIOS counts ticks here, 18.2 a second
        add eax, 2
wait_:  hlt
        cmp [0x46c], eax
        jb wait_

        cli
        in al, 0x92                     ; address line 20 on
        or al, 2
        out 0x92, al
        lgdt [descriptor]
        mov eax, cr0
        or al, 1
        mov cr0, eax
        jmp 8:protected

        bits 32
protected:
        mov ax, 16
        mov ds, ax
        mov es, ax
        mov ss, ax
        mov dword [0x8000], 0x83        ; one page of 4 MiB: memory is where it was
        mov edi, 0x8004
        xor eax, eax
        mov ecx, 1023
        rep stosd
        mov eax, cr4
        or al, 0x10                     ; large pages
        mov cr4, eax
        mov eax, 0x8000
        mov cr3, eax
        mov eax, cr0
        or eax, 0x80000000
        mov cr0, eax
        jmp 8:paged

paged:  mov edi, 0x100000
        mov ecx, 0x40000
        mov eax, 1
fill:   mov [edi], eax
        imul eax, eax, 1664525
        add eax, 1013904223
        add edi, 4
        loop fill
        mov esi, 0x100000
        mov ecx, 0x40000
        xor ebx, ebx
sum:    rol ebx, 1
        xor ebx, [esi]
        add esi, 4
        loop sum

        mov eax, ebx                    ; fold 32 bits into 6, never zero
        shr eax, 16
        xor eax, ebx
        and eax, 63
        or eax, 64
        mov dx, 0xf4
        out dx, eax                     ; QEMU ends with twice this plus one
        hlt

word_shown:     db 'probe', 0

        align 8
table:  dq 0
        dq 0x00cf9a000000ffff
        dq 0x00cf92000000ffff
descriptor:
        dw 23
        dd table

        times 510 - ($ - $$) db 0
        dw 0xaa55
