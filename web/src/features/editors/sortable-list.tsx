import { closestCenter, DndContext, KeyboardSensor, PointerSensor, useSensor, useSensors, type DragEndEvent } from "@dnd-kit/core";
import { arrayMove, SortableContext, sortableKeyboardCoordinates, useSortable, verticalListSortingStrategy } from "@dnd-kit/sortable";
import { CSS } from "@dnd-kit/utilities";
import clsx from "clsx";
import { GripVertical } from "lucide-react";
import { useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

interface SortableListProps<T> {
  items: readonly T[];
  onChange: (items: T[]) => void;
  /** What an item is called when it is moved by the keyboard. */
  nameOf: (item: T, at: number) => string;
  render: (item: T, at: number, handle: ReactNode) => ReactNode;
  disabled?: boolean;
  className?: string;
}

/** Rows that are put in order by dragging their handle, or with Space and the arrows. */
export function SortableList<T>({ items, onChange, nameOf, render, disabled = false, className }: SortableListProps<T>) {
  const sensors = useSensors(
    useSensor(PointerSensor, { activationConstraint: { distance: 4 } }),
    useSensor(KeyboardSensor, { coordinateGetter: sortableKeyboardCoordinates }),
  );
  const ids = useStableIds(items.length);
  const onDragEnd = ({ active, over }: DragEndEvent) => {
    if (over === null || active.id === over.id) return;
    const from = ids.value.indexOf(Number(active.id));
    const to = ids.value.indexOf(Number(over.id));
    ids.set(arrayMove(ids.value, from, to));
    onChange(arrayMove([...items], from, to));
  };
  return (
    <DndContext sensors={sensors} collisionDetection={closestCenter} onDragEnd={onDragEnd}>
      <SortableContext items={ids.value} strategy={verticalListSortingStrategy} disabled={disabled}>
        <div className={clsx("flex flex-col gap-2", className)}>
          {items.map((item, at) => (
            <Row key={ids.value[at]} id={ids.value[at] ?? at} name={nameOf(item, at)} disabled={disabled || items.length < 2}>
              {(handle) => render(item, at, handle)}
            </Row>
          ))}
        </div>
      </SortableContext>
    </DndContext>
  );
}

/** Rows have no ids of their own: one each, which moves with it; a removed row gives up the last. */
function useStableIds(length: number) {
  const [state, setState] = useState(() => ({ ids: Array.from({ length }, (_, at) => at + 1), next: length + 1 }));
  let { ids, next } = state;
  if (ids.length !== length) {
    ids = ids.slice(0, length);
    while (ids.length < length) ids = [...ids, next++];
    setState({ ids, next });
  }
  return { value: ids, set: (moved: number[]) => setState({ ids: moved, next }) };
}

interface RowProps {
  id: number;
  name: string;
  disabled: boolean;
  children: (handle: ReactNode) => ReactNode;
}

function Row({ id, name, disabled, children }: RowProps) {
  const { t } = useTranslation();
  const { attributes, listeners, setNodeRef, setActivatorNodeRef, transform, transition, isDragging } = useSortable({ id, disabled });
  const handle = disabled ? null : (
    <button
      type="button"
      ref={setActivatorNodeRef}
      {...attributes}
      {...listeners}
      aria-label={t("editors.move", { name })}
      className="touch-target inline-flex h-7 w-5 shrink-0 cursor-grab touch-none items-center justify-center rounded-control text-muted hover:bg-sunken"
    >
      <GripVertical size={14} strokeWidth={1.5} />
    </button>
  );
  return (
    <div
      ref={setNodeRef}
      style={{ transform: CSS.Translate.toString(transform), transition }}
      className={clsx("relative min-w-0", isDragging && "z-10 opacity-80 shadow-float")}
    >
      {children(handle)}
    </div>
  );
}
