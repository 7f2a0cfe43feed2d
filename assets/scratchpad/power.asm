; Power: ACPI by the power management function of the PIIX4 chip set (the one of QEMU's `pc` machine),
; else APM, else a halt with interrupts off, which an emulator can take as the machine's stop.
;
; PIIX4 keeps the base port of its power management registers in its PCI configuration:
;   base + 0  status   bit 8: the power button was pressed (written to take it back)
;   base + 2  enable   bit 8: report the button
;   base + 4  control  bits 10 to 12: which sleep, 0 is off; bit 13: go
; Source: Intel 82371AB (PIIX4) datasheet, Power Management; ACPI specification, Fixed Hardware.

PCI_ADDRESS      equ 0xCF8
PCI_DATA         equ 0xCFC
PIIX4_POWER      equ 0x71138086         ; device and vendor
PIIX4_PMBASE     equ 0x40
PIIX4_PMREGMISC  equ 0x80               ; bit 0: the registers are switched on
PM_POWER_BUTTON  equ 1 << 8
PM_SLEEP_OFF     equ 1 << 13

; Finds the registers and asks for the power button. Leaves pm_base at 0 where there are none.
power_open:
        pushad
        mov     ebx, 0x80000000         ; bus 0; device and function in bits 8 to 15
.next:
        mov     eax, ebx
        call    read_pci
        cmp     eax, PIIX4_POWER
        je      .found
        add     ebx, 1 << 8
        cmp     ebx, 0x80010000
        jb      .next
        jmp     .done
.found:
        lea     eax, [ebx + PIIX4_PMREGMISC]
        call    read_pci
        test    al, 1
        jz      .done
        lea     eax, [ebx + PIIX4_PMBASE]
        call    read_pci
        and     ax, 0xFFC0
        jz      .done
        mov     [pm_base], ax
        mov     dx, ax                  ; an old press doesn't count
        mov     ax, PM_POWER_BUTTON
        out     dx, ax
        add     dx, 2
        out     dx, ax
.done:
        popad
        ret

; EAX: the dword of PCI configuration at address EAX. Changes DX.
read_pci:
        mov     dx, PCI_ADDRESS
        out     dx, eax
        mov     dx, PCI_DATA
        in      eax, dx
        ret

; Powers off if the power button was pressed. Called at every timer tick.
power_poll:
        push    ax
        push    dx
        mov     dx, [pm_base]
        test    dx, dx
        jz      .done
        in      ax, dx
        test    ax, PM_POWER_BUTTON
        jnz     power_off
.done:
        pop     dx
        pop     ax
        ret

; Does not return.
power_off:
        mov     si, text_powering_off
        mov     bl, ATTRIBUTE_BRIGHT
        call    show_message
        mov     dx, [pm_base]
        test    dx, dx
        jz      .apm
        add     dx, 4
        mov     ax, PM_SLEEP_OFF
        out     dx, ax
        mov     cx, 10                  ; the power may take a moment to go
.wait:
        hlt
        loop    .wait
.apm:
        mov     si, text_safe           ; before APM: some BIOSes halt when they find no power switch
        mov     bl, ATTRIBUTE_BRIGHT
        call    show_message
        mov     ax, 0x5300              ; is there APM?
        xor     bx, bx
        int     0x15
        jc      .halt
        mov     ax, 0x5301              ; connect in real mode
        xor     bx, bx
        int     0x15
        mov     ax, 0x530E              ; version 1.2, the first that can switch off
        xor     bx, bx
        mov     cx, 0x0102
        int     0x15
        mov     ax, 0x5307              ; all devices: off
        mov     bx, 1
        mov     cx, 3
        int     0x15
.halt:
        cli
        hlt
        jmp     .halt

; Does not return: the keyboard controller pulls the reset line; if it doesn't, the BIOS's own entry.
reboot:
        mov     al, 0xFE
        out     0x64, al
        mov     cx, 0xFFFF
        loop    $
        jmp     0xFFFF:0

pm_base           dw 0
text_powering_off db ' Powering off.', 0
text_safe         db ' It is now safe to turn off this computer.', 0
