-- The order of a desk goes with its person.

alter table desk_orders drop constraint desk_orders_user_id_fkey, add constraint desk_orders_user_id_fkey foreign key (user_id) references users on delete cascade;
