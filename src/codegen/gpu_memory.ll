; What kernels for a GPU call where those for a processor call through KernelMemory (base/kernel_abi.h), as LLVM IR:
; linked into the kernels that need it. Addresses are those of global memory, as i64.

target triple = "nvptx64-nvidia-cuda"

; One thread's: the piece of the heap that it fills [top, end), the bytes that it has claimed in all, 1 once the heap
; had no room for it, the CudaHeap.
%memory = type { i64, i64, i64, i32, ptr addrspace(1) }
; CudaHeap
%heap = type { i64, i64, i64 }

define void @pp_memory_begin(ptr %memory, ptr addrspace(1) %heap) nounwind noinline {
  store %memory zeroinitializer, ptr %memory
  %place = getelementptr %memory, ptr %memory, i64 0, i32 4
  store ptr addrspace(1) %heap, ptr %place
  ret void
}

define i32 @pp_memory_exhausted(ptr %memory) nounwind noinline {
  %place = getelementptr %memory, ptr %memory, i64 0, i32 3
  %exhausted = load i32, ptr %place
  ret i32 %exhausted
}

; Makes [top, end) hold so many bytes (at most 2^47), a multiple of 8. False where that is more than the element's share
; or the heap has.
define internal i1 @pp_memory_claim(ptr %memory, i64 %bytes) nounwind noinline {
start:
  %top.place = getelementptr %memory, ptr %memory, i64 0, i32 0
  %end.place = getelementptr %memory, ptr %memory, i64 0, i32 1
  %held.place = getelementptr %memory, ptr %memory, i64 0, i32 2
  %heap.place = getelementptr %memory, ptr %memory, i64 0, i32 4
  %heap = load ptr addrspace(1), ptr %heap.place
  %share.place = getelementptr %heap, ptr addrspace(1) %heap, i64 0, i32 2
  %share = load i64, ptr addrspace(1) %share.place
  %held = load i64, ptr %held.place
  %left = sub i64 %share, %held
  %is.too.much = icmp ugt i64 %bytes, %left
  br i1 %is.too.much, label %refused, label %look

look:
  ; As much again as it has, up to some KiB, so that claims are few and what stays empty is less than half.
  %much = call i64 @llvm.umin.i64(i64 %held, i64 16384)
  %possible = call i64 @llvm.umin.i64(i64 %much, i64 %left)
  %wanted = call i64 @llvm.umax.i64(i64 %possible, i64 %bytes)
  ; Whoever asks for more than there is must not use up what others could have.
  %heap.top = load atomic i64, ptr addrspace(1) %heap monotonic, align 8
  %heap.end.place = getelementptr %heap, ptr addrspace(1) %heap, i64 0, i32 1
  %heap.end = load i64, ptr addrspace(1) %heap.end.place
  %expected = add i64 %heap.top, %wanted
  %has.none = icmp ugt i64 %expected, %heap.end
  br i1 %has.none, label %exhausted, label %take

take:
  %from = atomicrmw add ptr addrspace(1) %heap, i64 %wanted monotonic, align 8
  %to = add i64 %from, %wanted
  %is.beyond = icmp ugt i64 %to, %heap.end
  br i1 %is.beyond, label %exhausted, label %taken

taken:
  %held.now = add i64 %held, %wanted
  store i64 %held.now, ptr %held.place
  ; Where nobody has claimed in between, the rest of the last piece is of use.
  %top = load i64, ptr %top.place
  %end = load i64, ptr %end.place
  %goes.on = icmp eq i64 %from, %end
  %top.now = select i1 %goes.on, i64 %top, i64 %from
  store i64 %top.now, ptr %top.place
  store i64 %to, ptr %end.place
  ret i1 true

exhausted:
  %exhausted.place = getelementptr %memory, ptr %memory, i64 0, i32 3
  store i32 1, ptr %exhausted.place
  ret i1 false

refused:
  ret i1 false
}

; A block of `capacity` bytes, of which `bytes` are asked for: its address, or 0.
define internal i64 @pp_memory_block(ptr %memory, i64 %bytes, i64 %capacity) nounwind noinline {
start:
  %top.place = getelementptr %memory, ptr %memory, i64 0, i32 0
  %end.place = getelementptr %memory, ptr %memory, i64 0, i32 1
  ; More than any machine has, and lengths below zero.
  %is.absurd = icmp ugt i64 %bytes, 70368744177664
  br i1 %is.absurd, label %none, label %look

look:
  %padded = add i64 %capacity, 7
  %room = and i64 %padded, -8
  %total = add i64 %room, 8
  %top = load i64, ptr %top.place
  %end = load i64, ptr %end.place
  %rest = sub i64 %end, %top
  %fits = icmp ule i64 %total, %rest
  br i1 %fits, label %give, label %claim

claim:
  %is.claimed = call i1 @pp_memory_claim(ptr %memory, i64 %total)
  br i1 %is.claimed, label %give, label %none

give:
  %head = load i64, ptr %top.place
  %next = add i64 %head, %total
  store i64 %next, ptr %top.place
  %head.place = inttoptr i64 %head to ptr addrspace(1)
  store i64 %room, ptr addrspace(1) %head.place, align 8
  %address = add i64 %head, 8
  ret i64 %address

none:
  ret i64 0
}

; KernelMemory::reserve
define i64 @pp_memory_reserve(ptr %memory, i64 %bytes) nounwind noinline {
  %address = call i64 @pp_memory_block(ptr %memory, i64 %bytes, i64 %bytes)
  ret i64 %address
}

; KernelMemory::extend
define i64 @pp_memory_extend(ptr %memory, i64 %address, i64 %used, i64 %needed) nounwind noinline {
start:
  %top.place = getelementptr %memory, ptr %memory, i64 0, i32 0
  %end.place = getelementptr %memory, ptr %memory, i64 0, i32 1
  %is.absurd = icmp ugt i64 %needed, 70368744177664
  br i1 %is.absurd, label %none, label %look

look:
  %twice = shl i64 %needed, 1
  %capacity = call i64 @llvm.umax.i64(i64 %twice, i64 64)
  %padded = add i64 %capacity, 7
  %room = and i64 %padded, -8
  %head = sub i64 %address, 8
  %head.place = inttoptr i64 %head to ptr addrspace(1)
  %old = load i64, ptr addrspace(1) %head.place, align 8
  %behind = add i64 %address, %old
  %top = load i64, ptr %top.place
  %end = load i64, ptr %end.place
  %is.last = icmp eq i64 %behind, %top
  %more = sub i64 %room, %old
  %rest = sub i64 %end, %top
  %has.room = icmp ule i64 %more, %rest
  %stays = and i1 %is.last, %has.room
  br i1 %stays, label %grow, label %move

grow:
  %next = add i64 %top, %more
  store i64 %next, ptr %top.place
  store i64 %room, ptr addrspace(1) %head.place, align 8
  ret i64 %address

move:
  %moved = call i64 @pp_memory_block(ptr %memory, i64 %needed, i64 %capacity)
  %is.none = icmp eq i64 %moved, 0
  br i1 %is.none, label %none, label %copy

copy:
  call void @pp_memory_copy(i64 %moved, i64 %address, i64 %used)
  ret i64 %moved

none:
  ret i64 0
}

; So many bytes, word by word where both lie like that.
define void @pp_memory_copy(i64 %to, i64 %from, i64 %bytes) nounwind noinline {
start:
  %either = or i64 %to, %from
  %odd = and i64 %either, 7
  %lie.well = icmp eq i64 %odd, 0
  %in.words = and i64 %bytes, -8
  %whole = select i1 %lie.well, i64 %in.words, i64 0
  %to.place = inttoptr i64 %to to ptr addrspace(1)
  %from.place = inttoptr i64 %from to ptr addrspace(1)
  %has.words = icmp sgt i64 %whole, 0
  br i1 %has.words, label %words, label %rest

words:
  %word = phi i64 [ 0, %start ], [ %next.word, %words ]
  %word.from = getelementptr i8, ptr addrspace(1) %from.place, i64 %word
  %word.value = load i64, ptr addrspace(1) %word.from, align 8
  %word.to = getelementptr i8, ptr addrspace(1) %to.place, i64 %word
  store i64 %word.value, ptr addrspace(1) %word.to, align 8
  %next.word = add i64 %word, 8
  %more.words = icmp slt i64 %next.word, %whole
  br i1 %more.words, label %words, label %rest

rest:
  %done = phi i64 [ 0, %start ], [ %next.word, %words ]
  %has.rest = icmp slt i64 %done, %bytes
  br i1 %has.rest, label %bytewise, label %end

bytewise:
  %byte = phi i64 [ %done, %rest ], [ %next.byte, %bytewise ]
  %byte.from = getelementptr i8, ptr addrspace(1) %from.place, i64 %byte
  %byte.value = load i8, ptr addrspace(1) %byte.from
  %byte.to = getelementptr i8, ptr addrspace(1) %to.place, i64 %byte
  store i8 %byte.value, ptr addrspace(1) %byte.to
  %next.byte = add i64 %byte, 1
  %more.bytes = icmp slt i64 %next.byte, %bytes
  br i1 %more.bytes, label %bytewise, label %end

end:
  ret void
}

; Code units of one byte as units of four.
define void @pp_memory_widen(i64 %to, i64 %from, i64 %count) nounwind noinline {
start:
  %to.place = inttoptr i64 %to to ptr addrspace(1)
  %from.place = inttoptr i64 %from to ptr addrspace(1)
  %has.some = icmp sgt i64 %count, 0
  br i1 %has.some, label %units, label %end

units:
  %i = phi i64 [ 0, %start ], [ %next, %units ]
  %unit.from = getelementptr i8, ptr addrspace(1) %from.place, i64 %i
  %narrow = load i8, ptr addrspace(1) %unit.from
  %wide = zext i8 %narrow to i32
  %unit.to = getelementptr i32, ptr addrspace(1) %to.place, i64 %i
  store i32 %wide, ptr addrspace(1) %unit.to, align 4
  %next = add i64 %i, 1
  %more = icmp slt i64 %next, %count
  br i1 %more, label %units, label %end

end:
  ret void
}

; Number `i` of the code units of so many bytes.
define internal i32 @pp_memory_unit(i64 %address, i64 %i, i64 %bytes) alwaysinline nounwind {
  %place = inttoptr i64 %address to ptr addrspace(1)
  %is.narrow = icmp eq i64 %bytes, 1
  br i1 %is.narrow, label %narrow, label %wide

narrow:
  %byte.place = getelementptr i8, ptr addrspace(1) %place, i64 %i
  %byte = load i8, ptr addrspace(1) %byte.place
  %unit = zext i8 %byte to i32
  ret i32 %unit

wide:
  %word.place = getelementptr i32, ptr addrspace(1) %place, i64 %i
  %word = load i32, ptr addrspace(1) %word.place, align 4
  ret i32 %word
}

; KernelMemory::order, with the bytes of a unit of each text.
define i64 @pp_memory_order(i64 %left, i64 %right, i64 %count, i64 %left.bytes, i64 %right.bytes) nounwind noinline {
start:
  %has.some = icmp sgt i64 %count, 0
  br i1 %has.some, label %units, label %equal

units:
  %i = phi i64 [ 0, %start ], [ %next, %alike ]
  %a = call i32 @pp_memory_unit(i64 %left, i64 %i, i64 %left.bytes)
  %b = call i32 @pp_memory_unit(i64 %right, i64 %i, i64 %right.bytes)
  %differ = icmp ne i32 %a, %b
  br i1 %differ, label %decided, label %alike

alike:
  %next = add i64 %i, 1
  %more = icmp slt i64 %next, %count
  br i1 %more, label %units, label %equal

decided:
  %is.less = icmp ult i32 %a, %b
  %order = select i1 %is.less, i64 -1, i64 1
  ret i64 %order

equal:
  ret i64 0
}

declare i64 @llvm.umin.i64(i64, i64)
declare i64 @llvm.umax.i64(i64, i64)
